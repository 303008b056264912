from prometheus_client.parser import text_string_to_metric_families

from ssetape.replay.answers.exposition import CONTENT_TYPE, exposition
from ssetape.replay.meter import Meter
from ssetape.replay.tally import Tally


def samples(tally: Tally) -> dict[tuple[str, str], float]:
    """Each sample's value by its name and the value of its label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(exposition(tally).decode())
        for sample in family.samples
    }


def test_the_counts_of_a_tally_are_samples() -> None:
    tally = Tally(5, {"complete": 3}, {"404": 1, "529": 2}, 90, 1_000)
    found = samples(tally)
    assert found["ssetape_streams_open", ""] == 2
    assert found["ssetape_streams_begun_total", ""] == 5
    assert found["ssetape_streams_ended_total", "complete"] == 3
    assert found["ssetape_streams_ended_total", "cut"] == 0
    assert found["ssetape_streams_ended_total", "left"] == 0
    assert found["ssetape_said_total", "404"] == 1
    assert found["ssetape_said_total", "529"] == 2
    assert found["ssetape_chunks_total", ""] == 90
    assert found["ssetape_sent_bytes_total", ""] == 1_000
    assert CONTENT_TYPE.startswith("text/plain")


def test_lateness_is_a_histogram_in_seconds() -> None:
    meter = Meter()
    for late_ns in (10_000, 5_000_000, 5_000_001, 2_000_000_000):
        meter.note_late(late_ns)
    found = samples(meter.tally())
    bucket = "ssetape_lateness_seconds_bucket"
    assert found[bucket, "5e-05"] == 1
    assert found[bucket, "0.0025"] == 1
    assert found[bucket, "0.005"] == 2
    assert found[bucket, "0.01"] == 3
    assert found[bucket, "1.0"] == 3
    assert found[bucket, "+Inf"] == found["ssetape_lateness_seconds_count", ""] == 4
    assert found["ssetape_lateness_seconds_sum", ""] == 2.010010001


def test_a_server_that_has_served_nothing_has_zeros() -> None:
    found = samples(Tally())
    assert set(found.values()) == {0}
