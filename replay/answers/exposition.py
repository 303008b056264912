"""A tally as Prometheus' text.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from ..tally import LATE_BOUNDS_NS, Tally

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Listed from the start, as a rate needs a first value.
_OUTCOMES = ("complete", "cut", "left")


def exposition(tally: Tally) -> bytes:
    """The text, in the format that CONTENT_TYPE names."""
    registry = CollectorRegistry()
    registry.register(_Counts(tally))
    return generate_latest(registry)


class _Counts(Collector):
    """Gives a tally's numbers; nothing is counted here."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        tally = self._tally
        yield GaugeMetricFamily(
            "ssetape_streams_open", "Answers from captures that are being sent.", value=tally.open
        )
        yield CounterMetricFamily(
            "ssetape_streams_begun", "Answers from captures that have begun.", value=tally.begun
        )
        ended = CounterMetricFamily(
            "ssetape_streams_ended", "Those that have ended, and how.", labels=["outcome"]
        )
        for outcome in dict.fromkeys([*_OUTCOMES, *tally.ended]):
            ended.add_metric([outcome], tally.ended.get(outcome, 0))
        yield ended
        said = CounterMetricFamily(
            "ssetape_said",
            "The server's own responses: misses, refusals, errors.",
            labels=["status"],
        )
        for status, count in sorted(tally.said.items()):
            said.add_metric([status], count)
        yield said
        yield CounterMetricFamily(
            "ssetape_chunks", "Chunks of bodies, and WebSocket messages, sent.", value=tally.chunks
        )
        yield CounterMetricFamily(
            "ssetape_sent_bytes",
            "Bytes of these answers, without the framing of TLS and HTTP/2.",
            value=tally.sent_bytes,
        )
        yield HistogramMetricFamily(
            "ssetape_lateness_seconds",
            "How long after its time each piece of an answer was sent.",
            buckets=list(_buckets(tally)),
            sum_value=tally.late_ns / 1e9,
        )


def _buckets(tally: Tally) -> Iterator[tuple[str, float]]:
    """Each bound in seconds, and how many pieces were no later."""
    count = 0
    for bound_ns, late in zip(LATE_BOUNDS_NS, tally.late, strict=False):
        count += late
        yield str(bound_ns / 1e9), count
    yield "+Inf", sum(tally.late)
