import time

import pytest
from mitmproxy.test import tflow

from ssetape.addon.recorder.clock import Clock


def test_a_request_counts_as_sent_when_mitmproxy_had_it_or_the_connection_was_ready() -> None:
    flow = tflow.tflow()
    moments = Clock()
    moments.request_sent(flow.id)
    had_s, wall_s = time.perf_counter(), time.time()
    flow.server_conn.timestamp_tcp_setup = wall_s - 5  # an old connection
    flow.server_conn.timestamp_tls_setup = None
    sent_s, sent_wall_ns = moments.sent_at(flow, had_s + 2)
    assert sent_s == pytest.approx(had_s, abs=0.5)
    assert sent_wall_ns / 1e9 == pytest.approx(wall_s, abs=0.5)

    flow.server_conn.timestamp_tls_setup = wall_s + 1.5  # one that had to be opened
    sent_s, sent_wall_ns = moments.sent_at(flow, had_s + 2)
    assert sent_s == pytest.approx(had_s + 1.5, abs=0.5)
    assert sent_wall_ns / 1e9 == pytest.approx(wall_s + 1.5, abs=0.5)


def test_without_a_moment_of_our_own_mitmproxy_s_counts() -> None:
    flow = tflow.tflow()
    flow.request.timestamp_end = time.time() - 3
    now_s = time.perf_counter()
    sent_s, _ = Clock().sent_at(flow, now_s)
    assert sent_s == pytest.approx(now_s - 3, abs=0.5)


def test_what_is_forgotten_is_gone() -> None:
    moments = Clock()
    moments.head_came("one", 5.0)
    assert moments.head_at("one", 7.0) == 5.0
    assert len(moments) == 1
    moments.forget("one")
    assert len(moments) == 0
    moments.forget("one")
    assert moments.head_at("one", 7.0) == 7.0
