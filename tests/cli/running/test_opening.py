import webbrowser
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from ssetape.cli.running.opening import opened


def test_the_browsers_arguments_do_not_tell_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments: list[str] = []
    monkeypatch.setattr(webbrowser, "open", arguments.append)
    with opened("http://127.0.0.1:1/?a&token=secret"):
        (argument,) = arguments
        assert "secret" not in argument
        file = Path(url2pathname(urlsplit(argument).path))
        assert file.stat().st_mode & 0o777 == 0o600
        assert "0;url=http://127.0.0.1:1/?a&amp;token=secret" in file.read_text()
    assert not file.exists()
