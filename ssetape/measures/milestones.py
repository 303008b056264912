"""The named moments of an exchange, in seconds since the request was sent."""

from dataclasses import dataclass

from ssetape.facts import Done, Fact, Reasoning, Stop, Text, ToolCall


@dataclass(slots=True)
class Milestones:
    """When things happened; None if they did not, or if that is unknown.

    Attributes:
        sent_s: the request was sent: 0.0, as all times count from there.
        head_s: the response's head came.
        first_byte_s: the first byte of the body.
        first_event_s: the first event (or line, frame, server message) was complete.
        first_reasoning_s: the first piece of reasoning.
        first_tool_call_s: the first piece of a tool call.
        first_text_s: the first piece of text shown to a person.
        last_text_s: the last piece of that text.
        done_s: the end of the meaning: the stop reason or end marker, whichever came first.
        end_s: the end of the transport.
    """

    sent_s: float = 0.0
    head_s: float | None = None
    first_byte_s: float | None = None
    first_event_s: float | None = None
    first_reasoning_s: float | None = None
    first_tool_call_s: float | None = None
    first_text_s: float | None = None
    last_text_s: float | None = None
    done_s: float | None = None
    end_s: float | None = None

    def see(self, t_s: float, fact: Fact) -> None:
        """Record a fact; call in order."""
        kind = type(fact)
        if kind is Text:
            if fact.text:  # type: ignore[union-attr]  # it is a Text
                if self.first_text_s is None:
                    self.first_text_s = t_s
                self.last_text_s = t_s
        elif kind is Reasoning:
            if self.first_reasoning_s is None:
                self.first_reasoning_s = t_s
        elif kind is ToolCall:
            if self.first_tool_call_s is None:
                self.first_tool_call_s = t_s
        elif isinstance(fact, Done | Stop) and self.done_s is None:
            self.done_s = t_s

    def named(self) -> list[tuple[str, float | None]]:
        """The milestones with their names for people, in the usual order."""
        return [
            ("request sent", self.sent_s),
            ("response head", self.head_s),
            ("first byte", self.first_byte_s),
            ("first event", self.first_event_s),
            ("first reasoning", self.first_reasoning_s),
            ("first tool call", self.first_tool_call_s),
            ("first text", self.first_text_s),
            ("last text", self.last_text_s),
            ("end of meaning", self.done_s),
            ("end of transport", self.end_s),
        ]
