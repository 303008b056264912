"""The figures that other tools would report for the same stream, by their own definitions.

They use one name for different moments, which is why a capture has milestones.
"""

from itertools import pairwise
from typing import NamedTuple

from ssetape.errors import MessageError
from ssetape.facts import Fact, Reasoning, Role, Stop, Text, ToolCall
from ssetape.loose_json import items, obj, parse
from ssetape.measures.distribution import Distribution
from ssetape.messages.message import StreamMessage
from ssetape.protocols._conventions import DONE

_AIPERF = "https://docs.nvidia.com/aiperf/reference/ai-perf-metrics-reference"
_VLLM = (
    "https://github.com/vllm-project/vllm/blob/main/vllm/benchmarks/lib/endpoint_request_func.py"
)
_OTEL = "https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md"


class Figure(NamedTuple):
    """A figure of another tool.

    Attributes:
        tool: the tool's name.
        name: the tool's name for the figure.
        value_s: the figure in seconds; None if the tool would have none.
        definition: how it is computed.
        source: where the tool defines it.
    """

    tool: str
    name: str
    value_s: float | None
    definition: str
    source: str


class OtherTools:
    """Times the messages of a stream as other tools do."""

    def __init__(self, protocol: str | None = None) -> None:
        self._protocol = protocol
        self._first_message_s: float | None = None
        self._content = _Span()  # messages with text, reasoning or tool calls
        self._first_output_s: float | None = None
        self._choices = _Span()  # Chat Completions: messages with choices, even empty ones

    def see(self, message: StreamMessage, facts: list[Fact]) -> None:
        """Record a message and its facts; call in order."""
        t_s = message.t_s
        if self._first_message_s is None and not message.from_client:
            self._first_message_s = t_s
        has_text = has_content = has_choices = False
        for fact in facts:
            kind = type(fact)
            if kind is Text:
                has_choices = True
                if fact.text:  # type: ignore[union-attr]  # it is a Text
                    has_text = has_content = True
            elif kind is Reasoning or kind is ToolCall:
                has_content = has_choices = True
            elif kind is Role or kind is Stop:
                has_choices = True
        if has_content:
            self._content.add(t_s)
        if has_text and self._first_output_s is None:
            self._first_output_s = t_s
        if self._protocol == "openai-chat" and (has_choices or _has_empty_choices(message)):
            self._choices.add(t_s)

    def see_texts(self, times: list[float]) -> None:
        """Record messages of the server's after the first, each of which is only a text."""
        self._content.add_all(times)
        if self._protocol == "openai-chat":
            self._choices.add_all(times)

    def figures(self, output_tokens: int | None) -> list[Figure]:
        """The tools' figures, given the number of output tokens."""
        content, choices = self._content, self._choices
        aiperf = [
            ("TTFT", content.first_s, "first message with content, reasoning included"),
            ("TTFO", self._first_output_s, "first message with content other than reasoning"),
            (
                "ITL",
                content.per_token_s(output_tokens),
                "(last content - first content) / (output tokens - 1)",
            ),
            ("ICL p50", content.gaps.quantile(0.5), "gap between messages with content"),
        ]
        vllm = [
            ("TTFT", choices.first_s, "first message with choices, even empty ones"),
            (
                "TPOT",
                choices.per_token_s(output_tokens),
                "(last message with choices - first) / (output tokens - 1)",
            ),
            ("ITL p50", choices.gaps.quantile(0.5), "gap between messages with choices"),
        ]
        return [
            *(Figure("AIPerf, GenAI-Perf", *figure, _AIPERF) for figure in aiperf),
            *(Figure("vllm bench serve", *figure, _VLLM) for figure in vllm),
            Figure(
                "OpenTelemetry",
                "time_to_first_chunk",
                self._first_message_s,
                "first message of the stream, whatever it contains",
                _OTEL,
            ),
        ]


class _Span:
    """First and last of some messages, and the gaps between them."""

    def __init__(self) -> None:
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.gaps = Distribution()

    def add(self, t_s: float) -> None:
        if self.last_s is None:
            self.first_s = t_s
        else:
            self.gaps.add(max(0.0, t_s - self.last_s))
        self.last_s = t_s

    def add_all(self, times: list[float]) -> None:
        """Add several, once there is a first one."""
        assert self.last_s is not None
        pairs = pairwise([self.last_s, *times])
        self.gaps.add_all([max(0.0, after - before) for before, after in pairs])
        self.last_s = times[-1]

    def per_token_s(self, tokens: int | None) -> float | None:
        if self.first_s is None or self.last_s is None or tokens is None or tokens < 2:
            return None
        return (self.last_s - self.first_s) / (tokens - 1)


def _has_empty_choices(message: StreamMessage) -> bool:
    if message.data.startswith(DONE):
        return False
    try:
        return bool(items(obj(parse(message.data)).get("choices")))
    except MessageError:
        return False
