"""Numbers the commands to the browser, and finds what waits for a reply."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ssetape.tap.actions import Action, Send
from ssetape.tap.devtools import UNKNOWN_COMMAND, Command, Params


@dataclass(frozen=True, slots=True)
class Reply:
    """The browser's reply to a command.

    Attributes:
        result: what it gave; {} after a failure.
        error: why it failed; "" if it did not.
        is_unknown: whether the browser does not know the command.
    """

    result: Params = field(default_factory=dict)
    error: str = ""
    is_unknown: bool = False


Then = Callable[[Reply], list[Action]]


class Commands:
    """The commands under way."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: dict[int, tuple[str, Then | None]] = {}

    def __len__(self) -> int:
        """How many have no reply yet."""
        return len(self._waiting)

    def send(
        self, session: str, command: Command, params: Params | None = None, then: Then | None = None
    ) -> Send:
        """The action that sends a command.

        Args:
            then: is given the reply; its actions come then.
        """
        self._count += 1
        self._waiting[self._count] = (session, then)
        return Send(self._count, session, command, params or {})

    def reply(self, message: Params) -> list[Action]:
        """What a reply leads to; nothing for one that nobody waits for."""
        _, then = self._waiting.pop(message["id"], ("", None))
        if then is None:
            return []
        error = message.get("error")
        if error is None:
            return then(Reply(message.get("result") or {}))
        code, words = error.get("code"), str(error.get("message") or error)
        return then(Reply({}, words, code == UNKNOWN_COMMAND))

    def forget(self, session: str) -> None:
        """Drop the commands of a session that has ended: no reply comes."""
        ended = [number for number, (of, _) in self._waiting.items() if of == session]
        for number in ended:
            del self._waiting[number]
