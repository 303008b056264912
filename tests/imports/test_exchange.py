from ssetape.imports._exchange import Given


def test_a_request_is_as_it_is_given() -> None:
    request, notes = Given("https://a.test/b", "PUT", None, b"x").request("file")
    assert (request.method, request.url, request.body) == ("PUT", "https://a.test/b", b"x")
    assert notes == []


def test_a_url_that_is_not_given_is_made_and_that_is_said() -> None:
    request, notes = Given().request("file")
    assert (request.method, request.url) == ("GET", "http://imported.invalid/file")
    assert len(notes) == 1


def test_a_head_that_is_not_given_is_that_of_an_event_stream() -> None:
    assert Given().head() == [("content-type", "text/event-stream")]
    assert Given(content_type="a/b").head() == [("content-type", "a/b")]
