"""Prose beside a label."""

import pytest

from ssetape.cli.terminal import hanging

PATH = "/root/.mitmproxy/mitmproxy-ca-cert.pem"
TEXT = f"{PATH}, 3648 days to go, not trusted"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (None, [f"ok    {TEXT}"]),
        (80, [f"ok    {TEXT}"]),
        (60, [f"ok    {PATH}, 3648 days to", "      go, not trusted"]),
        (40, [f"ok    {PATH},", "      3648 days to go, not trusted"]),
        (20, [f"ok    {TEXT}"]),
    ],
)
def test_lines_hang_under_the_text_and_words_are_whole(
    columns: int | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging, "terminal_width", lambda: columns)
    assert hanging.hanging("ok    ", TEXT).splitlines() == expected


def test_no_text_is_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hanging, "terminal_width", lambda: 80)
    assert hanging.hanging("ok    ", "") == "ok"
