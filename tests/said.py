"""What the tests of protocols share: messages made by hand, read and put together."""

import json
from collections.abc import Iterable
from typing import Any

from ssetape import protocols
from ssetape.errors import MessageError
from ssetape.facts import Fact
from ssetape.format.values import Request, Response
from ssetape.meaning.answer import Answer, AnswerDraft
from ssetape.messages.framing import StreamMessage

Said = str | dict[str, Any] | list[Any] | tuple[str, Any]


def message(said: Said, t_s: float = 1.0, **marks: Any) -> StreamMessage:
    """A message of its data, or of its name and data; what is no string is made JSON."""
    name, data = said if isinstance(said, tuple) else ("message", said)
    text = data if isinstance(data, str) else json.dumps(data)
    return StreamMessage(t_s, t_s, name, text, **marks)


def clues(
    *said: Said, url: str = "http://a.test/x", headers: Iterable[tuple[str, str]] = ()
) -> protocols.Clues:
    """The clues of a stream with these first messages."""
    response = Response(0.0, 200, "OK", "HTTP/1.1", list(headers))
    messages = [message(each) for each in said][: protocols.FIRST_MESSAGES]
    return protocols.Clues(Request("POST", url, "HTTP/1.1", []), response, messages)


def name_of(*said: Said, **settings: Any) -> str | None:
    """The protocol that these messages are recognised as."""
    protocol = protocols.recognise(clues(*said, **settings))
    return protocol and protocol.NAME


def facts_of(protocol: Any, *said: Said, **marks: Any) -> list[Fact]:
    """What the messages say, those that cannot be read left out."""
    reader = protocol.Reader()
    facts: list[Fact] = []
    for each in said:
        try:
            facts.extend(reader.read(message(each, **marks)))
        except MessageError:
            pass
    return facts


def answer_of(protocol: Any, *said: Said, **marks: Any) -> Answer:
    """The same, put together."""
    return assemble(protocol.NAME, facts_of(protocol, *said, **marks))


def calls_of(answer: Answer) -> list[tuple[str, str, str]]:
    """Id, name and arguments of the calls in an answer."""
    return [(call.id, call.name, call.arguments) for call in answer.tool_calls]


def chat(*pieces: str, gap_s: float = 1.0, stop: str = "stop") -> list[tuple[float, bytes]]:
    """The chunks of an OpenAI chat whose answer has these pieces, an event each."""
    values = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    values.append({"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]})
    return [
        ((n + 1) * gap_s, b"data: " + json.dumps(value).encode() + b"\n\n")
        for n, value in enumerate(values)
    ]


def assemble(protocol: str | None, facts: Iterable[Fact]) -> Answer:
    """Assemble an answer from its facts."""
    draft = AnswerDraft()
    for fact in facts:
        draft.add(fact)
    return draft.finished(protocol, [])
