from ssetape.tap.actions import Send
from ssetape.tap.devtools import Command


def test_a_command_to_the_browser_itself_names_no_session() -> None:
    assert Send(3, "", Command.VERSION, {}).message() == {
        "id": 3,
        "method": "Browser.getVersion",
        "params": {},
    }
    assert Send(4, "s", Command.BODY, {"requestId": "1"}).message() == {
        "id": 4,
        "method": "Network.getResponseBody",
        "params": {"requestId": "1"},
        "sessionId": "s",
    }
