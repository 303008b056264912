import pytest

from ssetape.format.values import Close, End
from ssetape.recording import reasons
from ssetape.replay.wire.websocket_end import Ending, ending


@pytest.mark.parametrize(
    ("reason", "code", "by_client", "how"),
    [
        # As addon/recorder/websocket.py writes them.
        (reasons.COMPLETE, 1000, False, Ending.CLOSED),
        (reasons.COMPLETE, 1005, False, Ending.CLOSED),
        (reasons.COMPLETE, 4999, False, Ending.CLOSED),
        (reasons.COMPLETE, 1000, True, Ending.AWAITED),
        (reasons.COMPLETE, 1005, True, Ending.AWAITED),
        (reasons.UPSTREAM_CUT, 1006, False, Ending.CUT),
        (reasons.CLIENT_CLOSED, 1006, True, Ending.CUT),
        (reasons.IDLE_TIMEOUT, 1006, True, Ending.CUT),
        (reasons.PROXY_FAILED, 1006, False, Ending.CUT),
        # From elsewhere.
        (reasons.COMPLETE, 1006, True, Ending.CUT),
        (reasons.COMPLETE, 1015, False, Ending.CUT),
        (reasons.COMPLETE, 999, False, Ending.CUT),
        (reasons.COMPLETE, 5000, False, Ending.CUT),
        (reasons.TAB_CLOSED, 1001, True, Ending.CUT),
    ],
)
def test_a_websocket_ends_as_it_was_recorded(
    reason: str, code: int, by_client: bool, how: Ending
) -> None:
    assert ending(End(1.0, reason, close=Close(code, "", by_client))) is how


def test_without_a_close_it_is_cut() -> None:
    assert ending(None) is Ending.CUT
    assert ending(End(1.0, reasons.PROXY_SHUTDOWN)) is Ending.CUT
    assert ending(End(1.0, reasons.COMPLETE)) is Ending.CUT
