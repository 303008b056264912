from ssetape.tap.actions import Action, Warn
from ssetape.tap.commands import Commands, Reply
from ssetape.tap.devtools import UNKNOWN_COMMAND, Command


def test_each_reply_goes_where_it_is_waited_for() -> None:
    commands = Commands()
    replies: list[Reply] = []

    def then(reply: Reply) -> list[Action]:
        replies.append(reply)
        return [Warn("came")]

    first = commands.send("a", Command.BODY, {"requestId": "1"}, then)
    second = commands.send("a", Command.STREAM, {}, then)
    third = commands.send("", Command.VERSION)
    assert len({first.number, second.number, third.number}) == 3
    assert commands.reply({"id": third.number, "result": {}}) == []
    assert commands.reply({"id": first.number, "result": {"body": ""}}) == [Warn("came")]
    error = {"code": UNKNOWN_COMMAND, "message": "wasn't found"}
    assert commands.reply({"id": second.number, "error": error}) == [Warn("came")]
    assert replies == [Reply({"body": ""}), Reply({}, "wasn't found", True)]
    assert commands.reply({"id": first.number, "result": {}}) == []
    assert len(commands) == 0


def test_no_reply_is_waited_for_from_a_session_that_has_ended() -> None:
    commands = Commands()
    for session in ("a", "a", "b"):
        commands.send(session, Command.BODY)
    commands.forget("a")
    assert len(commands) == 1
