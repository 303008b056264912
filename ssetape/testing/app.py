"""The ASGI application that a test uses without a socket."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from ssetape.capture import Capture
from ssetape.replay import asgi, exchange, faults

from .listener import Listening
from .requested import Requested, Seen

# The answer that this task is sending.
_row: ContextVar[dict[str, Any] | None] = ContextVar("ssetape_row", default=None)


class ReplayedApp(Seen):
    """An ASGI application that replays captures, for `httpx.ASGITransport(app=ssetape_app)`."""

    def __init__(
        self,
        app: asgi.ReplayApp,
        listening: Listening,
        captures: list[Capture],
        problems: list[str],
        matching: Sequence[str] = (),
    ) -> None:
        super().__init__(captures, problems, matching)
        self._app = app
        self._listening = listening
        self._misses = listening.misses
        self._served: list[dict[str, Any]] = []
        app.answerer.listeners += [listening, self._note]

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        row: dict[str, Any] = {}
        token = _row.set(row)

        async def heard() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect" and row.get("outcome") == "streaming":
                row["outcome"] = "left"
            return message

        async def sent(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                row["outcome"] = "said" if row.get("capture") is None else "complete"

        try:
            await self._app(scope, heard, sent)
            if row.get("outcome") == "streaming":
                row["outcome"] = "cut"
        finally:
            if row.get("outcome") == "streaming":
                row["outcome"] = "left"
            _row.reset(token)

    @property
    def requests(self) -> list[Requested]:
        return list(self._listening.requests)

    def served(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._served]

    def misbehave(self, *specs: str, seed: int = 0) -> None:
        """Apply these faults to answers from now on; without arguments, none.

        Raises:
            ReplayError: a fault is not valid.
        """
        self._app.answerer.scenario = faults.Scenario([faults.parse(spec) for spec in specs], seed)

    def _note(self, asked: exchange.ClientRequest, answer: exchange.Play | exchange.Say) -> None:
        row = _row.get()
        if row is None:
            return
        row.update(method=asked.method, target=asked.target, outcome="streaming", log=answer.log)
        if isinstance(answer, exchange.Play):
            row.update(capture=answer.capture.name, status=answer.response.status)
        else:
            row.update(capture=None, status=answer.status)
        self._served.append(row)
