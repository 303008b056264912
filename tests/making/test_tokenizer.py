import sys
from hashlib import sha1
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ssetape.errors import SsetapeError
from ssetape.making import tokenizer
from ssetape.making.tokenizer import cutter
from ssetape.making.words import CUTTER


class Encoding:
    """As tiktoken's, with a token for every two bytes."""

    def encode(self, text: str, disallowed_special: Any) -> list[int]:
        assert disallowed_special == ()
        self._data = text.encode()
        return list(range(0, len(self._data), 2))

    def decode_single_token_bytes(self, token: int) -> bytes:
        return self._data[token : token + 2]


@pytest.fixture
def tiktoken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A stand-in for tiktoken; gives its cache, which is empty."""
    module = ModuleType("tiktoken")
    module.__spec__ = ModuleType("spec")  # type: ignore[assignment]

    def get_encoding(name: str) -> Encoding:
        if name != "o200k_base":
            raise ValueError(f"Unknown encoding {name}")
        return Encoding()

    module.get_encoding = get_encoding  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tiktoken", module)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_a_tokenizer_that_would_have_to_be_downloaded_is_not_taken(tiktoken: Path) -> None:
    assert cutter() == CUTTER
    url = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    (tiktoken / sha1(url.encode()).hexdigest()).touch()
    assert cutter().name == "tiktoken o200k_base"


def test_tokens_that_share_a_character_are_one_piece(tiktoken: Path) -> None:
    found = cutter("o200k_base")
    assert found.cut("abc") == ["ab", "c"]
    assert found.cut("aé🎬") == ["a", "é", "🎬"]
    assert "".join(found.cut("x世界!")) == "x世界!"


def test_an_unknown_encoding_is_refused(tiktoken: Path) -> None:
    with pytest.raises(SsetapeError, match="cannot load the encoding 'x': Unknown encoding x"):
        cutter("x")


def test_without_tiktoken_words_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    assert cutter() == cutter("words") == CUTTER
    with pytest.raises(SsetapeError, match=r"needs tiktoken.*pip install tiktoken"):
        cutter("o200k_base")
