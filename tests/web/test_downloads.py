from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from ssetape.web.downloads import attachment, export

Write = Callable[..., Path]
BODY = b"data: x\n\n"


def body_of(answer: Response, method: str = "GET", **headers: str) -> bytes:
    return TestClient(answer).request(method, "/", headers=headers).content


def test_an_export_leaves_nothing_however_it_is_asked_for(
    capture_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for method, range_ in (("GET", "x"), ("GET", "bytes=9-1"), ("HEAD", "bytes=0-")):
        answer = attachment(export(capture_file([(1.0, BODY)]), "raw"), "a.sse")
        assert answer.headers["content-length"] == str(len(BODY))
        body_of(answer, method, range=range_)
        assert list(tmp_path.iterdir()) == []


def test_what_grows_is_taken_away_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(BODY * 100_000)
    with path.open("rb") as file, path.open("ab") as more:
        answer = attachment(file, path.name)
        more.write(b"more")
        more.flush()
        assert body_of(answer) == BODY * 100_000


@pytest.mark.parametrize(
    ("name", "quoted"), [('a"b\n/.sse', "a%22b%0A%2F.sse"), ("\udce9.sse", "%5Cudce9.sse")]
)
def test_a_name_is_quoted_whatever_is_in_it(tmp_path: Path, name: str, quoted: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    with path.open("rb") as file:
        disposition = attachment(file, name).headers["content-disposition"]
    assert disposition == f"attachment; filename*=utf-8''{quoted}"
