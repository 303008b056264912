import json
import sys

import pytest

from ssetape.replay import answers
from ssetape.replay.answers.metrics_page import MetricsPage
from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.tally import Tally


def ask(method: str, target: str) -> Say | None:
    return MetricsPage(lambda: Tally(begun=3))(ClientRequest(method, target))


def test_the_page_has_the_tally_of_the_moment() -> None:
    for target in ("/_ssetape/metrics", "/_ssetape/metrics?x=1"):
        answer = ask("GET", target)
        assert answer is not None
        assert answer.status == 200
        assert b"ssetape_streams_begun_total 3.0" in answer.body
        assert "text/plain" in dict(answer.headers)["content-type"]


def test_other_methods_are_refused_and_other_paths_are_for_others() -> None:
    answer = ask("POST", "/_ssetape/metrics")
    assert answer is not None
    assert answer.status == 405
    assert ask("GET", "/_ssetape/metrics2") is None
    assert ask("GET", "/_ssetape/") is None


def test_without_its_package_the_page_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    # What has imported it would go on.
    monkeypatch.delitem(sys.modules, "ssetape.replay.answers.exposition", raising=False)
    monkeypatch.delattr(answers, "exposition", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    answer = ask("GET", "/_ssetape/metrics")
    assert answer is not None
    assert answer.status == 501
    message = json.loads(answer.body)["error"]["message"]
    assert "prometheus-client" in message
    assert "pip install 'ssetape[metrics]'" in message
