"""Cuts text as models do: by tiktoken, where it is installed, else into words and syllables."""

import codecs
import os
import tempfile
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ssetape.errors import SsetapeError
from ssetape.making.words import CUTTER, Cutter

AUTO, WORDS = "auto", "words"
# What OpenAI's models since GPT-4o cut by, and where tiktoken gets it.
_ENCODING = "o200k_base"
_VOCABULARY = f"https://openaipublic.blob.core.windows.net/encodings/{_ENCODING}.tiktoken"


def cutter(name: str = AUTO) -> Cutter:
    """The cutter of this name: AUTO, WORDS, or an encoding of tiktoken's.

    AUTO never makes tiktoken download anything: it takes what is on this machine already.

    Raises:
        SsetapeError: tiktoken is not installed, or does not have this encoding.
    """
    if name == AUTO:
        name = _ENCODING if find_spec("tiktoken") and _is_here() else WORDS
    if name == WORDS:
        return CUTTER
    try:
        import tiktoken  # type: ignore[import-not-found,unused-ignore]  # not one of ours
    except ImportError as error:
        raise SsetapeError(
            f"--tokenizer {name} needs tiktoken, which cannot be imported ({error}): "
            f"pip install tiktoken, or --tokenizer {WORDS}"
        ) from error
    try:
        encoding = tiktoken.get_encoding(name)
    except Exception as error:  # unknown, or whatever its download raises
        raise SsetapeError(f"tiktoken cannot load the encoding {name!r:.60}: {error}") from error
    return Cutter(f"tiktoken {name}", lambda text: _by_encoding(text, encoding))


def _by_encoding(text: str, encoding: Any) -> list[str]:
    """The tokens of a text; several are one piece where they share a character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    tokens = encoding.encode(text, disallowed_special=())
    pieces = (decoder.decode(encoding.decode_single_token_bytes(token)) for token in tokens)
    return [piece for piece in pieces if piece]


def _is_here() -> bool:
    """Whether tiktoken has the vocabulary in its cache."""
    places = (os.environ.get(name) for name in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"))
    default = os.path.join(tempfile.gettempdir(), "data-gym-cache")
    folder = next((place for place in places if place is not None), default)
    return (Path(folder) / sha1(_VOCABULARY.encode()).hexdigest()).is_file()
