from collections.abc import Callable
from pathlib import Path

import pytest
from reading_work import much, odd_ones_fail

from ssetape.cores import program
from ssetape.cores.program import answered

Write = Callable[..., Path]


def test_what_is_too_large_to_be_held_is_read_here_bit_by_bit(
    capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = [(capture_file([(0.1, b"data: x\n\n")]), "a") for _ in range(4)]
    answers = list(answered(much, batch))
    assert None not in answers
    monkeypatch.setattr(program, "_HELD_BYTES", 600)  # of the parts of one capture and a half
    kept, *others = answered(much, batch)
    assert kept is not None
    assert others == [None] * 3


def test_failures_name_the_capture(capture_file: Write) -> None:
    bodies = (b"data: 11\n\n", b"data: 33\n\n")
    batch = [(capture_file([(0.1, body)]), "NAME") for body in bodies]
    answers = [answer for answer in answered(odd_ones_fail, batch) if answer is not None]
    assert [failure for _, failure in answers] == ["NAME, line 3: is odd", "NAME: thrown by a bug"]
    missing = answered(odd_ones_fail, [(Path("none.ssetape"), "NAME")])
    assert [answer and answer[1] for answer in missing] == [
        "none.ssetape: cannot open it: No such file or directory"
    ]
