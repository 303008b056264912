"""Remembers when requests were sent and heads came, for as long as their flows are under way."""

import time

from mitmproxy import http


class Clock:
    """Times by flow id, in seconds on the clock of `time.perf_counter`."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[float, int]] = {}  # perf_counter s, wall clock ns
        self._heads: dict[str, float] = {}

    def __len__(self) -> int:
        """How many flows are remembered."""
        return len(self._sent.keys() | self._heads.keys())

    def request_sent(self, flow_id: str) -> None:
        """mitmproxy has all of the request."""
        self._sent[flow_id] = time.perf_counter(), time.time_ns()

    def head_came(self, flow_id: str, now_s: float) -> None:
        """The response's head is there, and will be asked for later."""
        self._heads[flow_id] = now_s

    def head_at(self, flow_id: str, default_s: float) -> float:
        """When the head came; `default_s` if nobody said."""
        return self._heads.get(flow_id, default_s)

    def forget(self, flow_id: str) -> None:
        """The flow is over, or its moments have been used."""
        self._sent.pop(flow_id, None)
        self._heads.pop(flow_id, None)

    def sent_at(self, flow: http.HTTPFlow, now_s: float) -> tuple[float, int]:
        """When the request went to the server: perf_counter seconds, and wall-clock ns.

        That is when mitmproxy had it all, or, if the connection was opened only then, when that
        was ready. mitmproxy's own stamps are wall-clock: only short differences of them count.
        """
        now_wall_ns = time.time_ns()
        request_s = flow.request.timestamp_end or flow.request.timestamp_start
        had_s, had_wall_ns = self._sent.get(
            flow.id, (now_s - max(0.0, now_wall_ns / 1e9 - request_s), int(request_s * 1e9))
        )
        server = flow.server_conn
        ready_s = server.timestamp_tls_setup or server.timestamp_tcp_setup or 0.0
        waited_s = min(max(0.0, ready_s - had_wall_ns / 1e9), max(0.0, now_s - had_s))
        return had_s + waited_s, had_wall_ns + int(waited_s * 1e9)
