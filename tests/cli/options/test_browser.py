import sys

import pytest

from ssetape.cli.options.browser import BrowserChoice
from ssetape.errors import RecordError


def test_no_browser_is_looked_for_unless_one_is_wanted() -> None:
    choice = BrowserChoice(False, None)
    assert not choice.is_wanted
    assert choice.program() is None


def test_a_path_is_enough_to_want_one() -> None:
    choice = BrowserChoice(False, sys.executable)
    assert choice.is_wanted
    assert choice.program() == sys.executable


def test_a_browser_that_is_not_there_is_an_error() -> None:
    with pytest.raises(RecordError):
        BrowserChoice(True, "/no/such/browser").program()
