"""The page for Prometheus, below /_ssetape/: what was sent, and how late."""

from collections.abc import Callable

from ssetape.output.refusals import not_installed

from ..exchange import ClientRequest, Say, refusal
from ..tally import Tally
from .answerer import OWN_PATH

METRICS_PATH = f"{OWN_PATH}metrics"


class MetricsPage:
    """Answers requests for the metrics; an `answerer.Route`.

    Args:
        tally: what they are made of, asked for each time.
    """

    def __init__(self, tally: Callable[[], Tally]) -> None:
        self._tally = tally

    def __call__(self, asked: ClientRequest) -> Say | None:
        if asked.target.partition("?")[0] != METRICS_PATH:
            return None
        if asked.method not in ("GET", "HEAD"):
            return refusal(405, f"{METRICS_PATH}: expected GET, found {asked.method}")
        try:
            from . import exposition  # only who asks for it needs the extra
        except ImportError as error:
            message = not_installed(METRICS_PATH, "prometheus-client", "metrics", error)
            return refusal(501, message)
        headers = [("content-type", exposition.CONTENT_TYPE)]
        body = exposition.exposition(self._tally())
        return Say(200, body, f"{asked.method} {asked.target} <- metrics", headers)
