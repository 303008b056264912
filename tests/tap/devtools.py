"""A browser made of events: emits what Chromium does, and keeps what the machine makes of it."""

from collections.abc import Callable
from typing import Any

from ssetape.tap.actions import Action, Begin, Fail, Finish, Pass, Send, Warn, WriteChunk
from ssetape.tap.devtools import Command, Event
from ssetape.tap.filter import Filter
from ssetape.tap.machine import Machine
from ssetape.tap.policy import Policy

STREAM = {"Content-Type": "text/event-stream"}


class Browser:
    """One with a page, whose session is "page"."""

    def __init__(self, *, records_all: bool = False, wants: Filter = lambda heads: True) -> None:
        self.machine = Machine(Policy(records_all, wants))
        self.records: list[Any] = []
        self.counted: list[Any] = []
        self.sent: list[Send] = []
        self.now_s = 5000.0
        self.do(self.machine.start())
        self.attach("page")

    def do(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Pass | Fail):
                self.counted.append(action)
                continue
            (self.sent if isinstance(action, Send) else self.records).append(action)  # type: ignore[attr-defined]

    def emit(self, event: Event | str, session: str = "page", **params: Any) -> None:
        message = {"method": str(event), "params": params, "sessionId": session}
        self.do(self.machine.receive(message, self.now_s + 0.0005))

    def attach(self, name: str, target: str = "page", parent: str = "") -> None:
        info = {"targetId": f"target of {name}", "type": target, "url": ""}
        self.emit(Event.ATTACHED, parent, sessionId=name, targetInfo=info)
        self.answer(Command.RESUME)

    def asked(self, command: Command) -> list[Send]:
        """The commands of a kind that have not been answered."""
        return [send for send in self.sent if send.command is command]

    def answer(self, command: Command, error: str = "", code: int = -32602, **result: Any) -> None:
        """Answer the oldest command of a kind."""
        send = self.asked(command)[0]
        self.sent.remove(send)
        outcome = {"error": {"code": code, "message": error}} if error else {"result": result}
        self.do(self.machine.receive({"id": send.number, **outcome}, self.now_s + 0.0005))

    # --- a request, from its beginning -------------------------------------------------------

    def request(self, id: str = "1", session: str = "page", **fields: Any) -> None:
        request = {"url": "http://a.test/stream", "method": "GET", "headers": {"X-Page": "1"}}
        known = {"redirectResponse", "redirectHasExtraInfo", "type", "frameId", "loaderId"}
        outer = {name: fields.pop(name) for name in known & fields.keys()}
        self.emit(
            Event.REQUEST,
            session,
            requestId=id,
            request={**request, **fields},
            timestamp=self.now_s,
            wallTime=1_700_000_000.0 + self.now_s,
            **outer,
        )

    def request_headers(self, id: str = "1", session: str = "page", **headers: str) -> None:
        found = {"Accept": "*/*", "Cookie": "sid=s3cret", **headers}
        self.emit(Event.REQUEST_HEADERS, session, requestId=id, headers=found)

    def response_headers(
        self, id: str = "1", session: str = "page", headers: dict[str, str] | None = None
    ) -> None:
        found = {**(headers or STREAM), "Set-Cookie": "a=1\nb=2"}
        self.emit(Event.RESPONSE_HEADERS, session, requestId=id, headers=found)

    def response(
        self,
        id: str = "1",
        session: str = "page",
        headers: dict[str, str] | None = None,
        status: int = 200,
        has_headers: bool = False,
        **fields: Any,
    ) -> None:
        found = {"url": "http://a.test/stream", "status": status, "statusText": "OK"}
        found |= {"headers": headers if headers is not None else STREAM, "protocol": "http/1.1"}
        self.emit(
            Event.RESPONSE,
            session,
            requestId=id,
            timestamp=self.now_s,
            type="Fetch",
            hasExtraInfo=has_headers,
            response={**found, **fields},
        )

    def data(
        self,
        size: int,
        data: str | None = None,
        id: str = "1",
        session: str = "page",
        network_bytes: int = 0,
    ) -> None:
        params: dict[str, Any] = {"dataLength": size, "encodedDataLength": network_bytes}
        if data is not None:
            params["data"] = data
        self.emit(Event.DATA, session, requestId=id, timestamp=self.now_s, **params)

    def finished(self, id: str = "1", session: str = "page") -> None:
        self.emit(Event.FINISHED, session, requestId=id, timestamp=self.now_s)

    def failed(self, id: str = "1", session: str = "page", **fields: Any) -> None:
        self.emit(Event.FAILED, session, requestId=id, timestamp=self.now_s, **fields)

    def wait(self) -> None:
        """Nothing happens for a second."""
        self.now_s += 1
        self.do(self.machine.tick(self.now_s))

    # --- what came of it ---------------------------------------------------------------------

    def of(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def begun(self) -> list[Begin]:
        return self.of(Begin)

    @property
    def chunks(self) -> list[tuple[float, bytes]]:
        return [(chunk.now_s, chunk.data) for chunk in self.of(WriteChunk)]

    @property
    def ends(self) -> list[tuple[str, dict[str, Any]]]:
        return [(finish.reason, finish.details) for finish in self.of(Finish)]

    @property
    def warnings(self) -> list[str]:
        return [warning.text for warning in self.of(Warn)]


Step = Callable[[], None]
