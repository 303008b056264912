from copy import deepcopy
from typing import Any

from mitmproxy.io import tnetstring

from ssetape.addon.windows.entries import Entries, shorten


def test_a_long_list_is_shown_in_short_and_saved_whole() -> None:
    record: dict[str, Any] = {"chunks": Entries([[0.1, 5]] * 10_000), "faults": ["drop event=1"]}
    assert repr(record) == "{'chunks': <10000 entries>, 'faults': ['drop event=1']}"
    # mitmproxy copies the metadata of a flow that it saves.
    loaded = tnetstring.loads(tnetstring.dumps(deepcopy(record)))
    assert loaded == record
    shorten(loaded)
    assert repr(loaded["chunks"]) == "<10000 entries>"


def test_a_flow_file_may_hold_anything() -> None:
    for record in (None, 1, [], {"chunks": 3}, {"messages": None}):
        before = deepcopy(record)
        shorten(record)
        assert record == before
