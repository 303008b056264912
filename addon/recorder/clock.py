"""Remembers when requests were sent and response heads arrived, while their flows are open."""

import time

from mitmproxy import http


class Clock:
    """Times by flow id, in seconds on the clock of `time.perf_counter`."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[float, int]] = {}  # perf_counter s, wall clock ns
        self._heads: dict[str, float] = {}

    def __len__(self) -> int:
        """The number of flows remembered."""
        return len(self._sent.keys() | self._heads.keys())

    def request_sent(self, flow_id: str) -> None:
        """Note that mitmproxy has received the whole request."""
        self._sent[flow_id] = time.perf_counter(), time.time_ns()

    def head_came(self, flow_id: str, now_s: float) -> None:
        """Note when the response head arrived, for `head_at`."""
        self._heads[flow_id] = now_s

    def head_at(self, flow_id: str, default_s: float) -> float:
        """When the head arrived; `default_s` if that was not noted."""
        return self._heads.get(flow_id, default_s)

    def forget(self, flow_id: str) -> None:
        """Drop a flow's times: the flow has ended, or they have been used."""
        self._sent.pop(flow_id, None)
        self._heads.pop(flow_id, None)

    def sent_at(self, flow: http.HTTPFlow, now_s: float) -> tuple[float, int]:
        """When the request went to the server: perf_counter seconds, and wall-clock ns.

        That is when mitmproxy had received all of it or, if the server connection was opened
        only after that, when the connection was ready. mitmproxy's own timestamps are
        wall-clock, so only short differences between them are used.
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
