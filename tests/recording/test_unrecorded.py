from ssetape.recording.unrecorded import Failure, Kind, Unrecorded


def test_what_came_is_told_by_kind_and_with_the_option_that_records_it() -> None:
    counts = Unrecorded()
    for media_type, status in (
        ("application/json; charset=utf-8", 200),
        ("application/problem+json", 200),
        ("text/HTML", 404),
    ):
        counts.add_ordinary(media_type, status)
    assert counts.has_come
    assert counts.lines("--all") == [
        "3 responses came that do not stream (JSON 200 x2, HTML 404): --all records them"
    ]
    counts.clear()
    assert not counts.has_come
    assert counts.lines("--all") == []
    counts.add_ordinary("", 204)
    counts.excluded = 2
    assert counts.lines("--set x") == [
        "1 response came that does not stream (untyped 204): --set x records it",
        "2 responses came that the filter excludes",
    ]


def test_what_a_fault_refused_has_come() -> None:
    counts = Unrecorded()
    counts.refused = 1
    assert counts.has_come
    assert counts.lines("") == ["1 request was refused on purpose, by a fault"]
    counts.refused = 2
    assert counts.lines("") == ["2 requests were refused on purpose, by a fault"]


def test_a_failure_is_new_once_and_then_counted() -> None:
    counts = Unrecorded()
    failure = Failure("a.test:443", "connection refused", "check the port")
    assert [counts.add_failure(failure) for _ in range(3)] == [True, False, False]
    assert counts.add_failure(Failure("b.test:443", "gone"))
    assert counts.lines("") == [
        "no answer (x3) from a.test:443: connection refused; check the port",
        "no answer from b.test:443: gone",
    ]


def test_what_a_browser_asks_of_its_own_accord_is_one_line_and_not_what_was_waited_for() -> None:
    counts = Unrecorded()
    for host in ("a.test", "b.test", "a.test"):
        counts.add_background(host)
    assert not counts.has_come
    line = "the browser's own requests, answered with nothing: a.test x2, b.test"
    assert counts.lines("") == [line]


def test_a_million_different_rows_are_few() -> None:
    counts = Unrecorded()
    for number in range(2000):
        counts.add_ordinary(f"x/{number}", 200)
        counts.add_failure(Failure(f"{number}.test" * 100, "gone"))
        counts.add_background(f"{number}.test")
    for table in (counts.ordinary, counts.failures, counts.background):
        assert len(table) <= 101
        assert table.total() == 2000
    assert all(len(failure.address) <= 100 for failure in counts.failures)
    assert sum(map(len, counts.lines("--all"))) < 2000
    assert "and 96 more reasons why no answer came" in counts.lines("--all")


def test_families_of_types_have_one_name_each() -> None:
    counts = Unrecorded()
    for media_type in ("image/png", "image/jpeg", "text/javascript", "text/x", "application/pdf"):
        counts.add_ordinary(media_type, 200)
    names = {kind.name: count for kind, count in counts.ordinary.items()}
    assert names == {"image": 2, "script": 1, "text": 1, "application/pdf": 1}


def test_the_same_as_json() -> None:
    counts = Unrecorded()
    counts.add_ordinary("text/html", 200)
    counts.add_failure(Failure("a.test:1", "gone", "look"))
    counts.add_background("b.test")
    assert counts.fields() == {
        "ordinary": [{"kind": "HTML", "status": 200, "count": 1}],
        "excluded": 0,
        "refused": 0,
        "failures": [{"address": "a.test:1", "reason": "gone", "count": 1}],
        "background": {"b.test": 1},
    }
    assert str(Kind("others", 0)) == "others"
