from ssetape.imports._exchange import Given


def test_a_request_is_as_it_is_given() -> None:
    request, notes = Given("https://a.test/b", "PUT", None, b"x").request("file")
    assert (request.method, request.url, request.body) == ("PUT", "https://a.test/b", b"x")
    assert notes == []


def test_a_url_that_is_not_given_is_made_and_that_is_said() -> None:
    request, notes = Given().request("file")
    assert (request.method, request.url) == ("GET", "http://imported.invalid/file")
    assert len(notes) == 1


def test_a_head_that_is_not_given_is_that_of_the_body() -> None:
    assert Given().head(b"odd") == [("content-type", "text/event-stream")]
    assert Given().head(b'{"a": 1}\n{"a": 2}\n') == [("content-type", "application/x-ndjson")]


def test_a_content_type_that_is_given_decides() -> None:
    given = Given(content_type="a/b")
    assert given.head(b"data: x\n\n") == [("content-type", "a/b")]
    assert given.labelled([("Content-Type", "c/d"), ("x", "y")]) == [
        ("x", "y"),
        ("content-type", "a/b"),
    ]
    assert Given().labelled([("x", "y")]) == [("x", "y")]


def test_files_beside_a_source_are_no_option() -> None:
    assert Given(beside=lambda name: b"") == Given()
    assert Given().beside("x") is None
