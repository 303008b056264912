import inspect

import pytest

from ssetape import SsetapeError, errors

KINDS = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, Exception)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_an_ssetape_error_and_says_whose_fault_it_is(kind: type) -> None:
    assert issubclass(kind, SsetapeError)
    assert kind.__doc__


def test_an_event_too_large_tells_place_limit_and_what_to_do() -> None:
    error = errors.EventTooLarge(12, 100, ["before"])
    assert (error.start, error.limit_bytes, error.events) == (12, 100, ["before"])
    assert str(error) == (
        "event stream: the event at byte 12 exceeded 100 bytes before it ended; "
        "if events can be this large, give the parser a larger limit_bytes"
    )


def test_a_capture_error_tells_file_and_line() -> None:
    error = errors.CaptureError("a.ssetape", 7, "expected x, found y")
    assert (error.path, error.line) == ("a.ssetape", 7)
    assert str(error) == "a.ssetape, line 7: expected x, found y"


def test_a_capture_error_of_a_whole_file_names_no_line() -> None:
    error = errors.CaptureError("a.ssetape", None, "is empty")
    assert error.line is None
    assert str(error) == "a.ssetape: is empty"
