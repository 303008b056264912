import os
from pathlib import Path

import pytest
from mitmproxy import exceptions, flow
from mitmproxy.test import tflow

from ssetape.addon.recorder import flows
from ssetape.addon.windows.flow_captures import FlowCapture, of_flows, path_of
from ssetape.recording import recording


def recorded(path: object) -> flow.Flow:
    made = tflow.tflow(resp=True)
    made.metadata[flows.RECORDED] = {"capture": path}
    return made


def test_the_capture_of_a_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(b"12345")
    found = recorded(str(path))
    assert of_flows([found]) == ([FlowCapture(path, 5, is_live=False)], [])
    monkeypatch.setitem(recording.live, found.id, None)
    assert of_flows([found]) == ([FlowCapture(path, 5, is_live=True)], [])


def test_a_flow_without_a_capture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(exceptions.CommandError, match="no flow is chosen"):
        of_flows([])
    with pytest.raises(exceptions.CommandError, match="GET http://address:22/path: not recorded"):
        of_flows([tflow.tflow(resp=True)])
    with pytest.raises(exceptions.CommandError, match="this tcp flow: not recorded"):
        of_flows([tflow.ttcpflow()])
    gone = tmp_path / "\x1b[2Jgone.ssetape"
    with pytest.raises(exceptions.CommandError) as raised:
        of_flows([recorded(str(gone)), tflow.tflow()])
    assert str(raised.value) == (
        f"GET http://address:22/path: its capture is gone: {tmp_path}/\\x1b[2Jgone.ssetape: "
        "No such file or directory (and 1 more)"
    )


def test_of_several_flows_those_without_a_capture_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.ssetape"
    path.write_bytes(b"")
    captures, problems = of_flows([tflow.tflow(), recorded(str(path))])
    assert [each.path for each in captures] == [path]
    assert len(problems) == 1


@pytest.mark.parametrize("noted", [None, 3, "", "a\0b", ["x"], b"/x"])
def test_what_a_flow_from_a_file_notes_may_be_anything(noted: object) -> None:
    assert path_of(recorded(noted)) is None
    odd = tflow.tflow()
    odd.metadata[flows.RECORDED] = noted
    assert path_of(odd) is None


def test_nothing_but_an_ordinary_file_is_opened(tmp_path: Path) -> None:
    # A pipe would hold the proxy until somebody wrote into it.
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(exceptions.CommandError, match="its capture is no file"):
            of_flows([recorded(str(path))])
