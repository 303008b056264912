from ssetape.tap.devtools import BODY_LIMIT_BYTES, auto_attach, enable


def test_new_targets_wait_until_they_are_listened_to() -> None:
    for of_browser in (True, False):
        found = auto_attach(of_browser)
        assert all(found[name] for name in ("autoAttach", "waitForDebuggerOnStart", "flatten"))
        # A filter without a last, empty entry would let nothing through.
        assert found["filter"][-1] == {}
    excluded = [entry["type"] for entry in auto_attach(False)["filter"][:-1]]
    assert excluded == ["service_worker", "browser", "tab"]


def test_the_browser_keeps_more_where_bodies_are_asked_for_at_their_ends() -> None:
    few, many = enable(False), enable(True)
    assert few["maxTotalBufferSize"] < many["maxTotalBufferSize"]
    assert many["maxResourceBufferSize"] == BODY_LIMIT_BYTES
