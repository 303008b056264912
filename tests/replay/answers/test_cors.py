from ssetape.replay.answers import cors

ASKED = [("Origin", "https://app.test"), ("Access-Control-Request-Method", "POST")]


def test_a_preflight_is_one_that_asks_for_a_method() -> None:
    assert cors.is_preflight("OPTIONS", ASKED)
    assert not cors.is_preflight("OPTIONS", ASKED[:1])
    assert not cors.is_preflight("POST", ASKED)


def test_it_allows_what_is_asked_for_with_credentials() -> None:
    asked = [
        *ASKED,
        ("access-control-request-headers", "authorization,x-a"),
        ("Access-Control-Request-Private-Network", "true"),
    ]
    answer = dict(cors.preflight_answer(asked))
    # With credentials no asterisk counts.
    assert answer["access-control-allow-origin"] == "https://app.test"
    assert answer["access-control-allow-credentials"] == "true"
    assert "POST" in answer["access-control-allow-methods"]
    assert answer["access-control-allow-headers"] == "authorization,x-a"
    assert answer["access-control-allow-private-network"] == "true"


def test_what_the_captured_server_allowed_is_replaced() -> None:
    response = [("Access-Control-Allow-Origin", "https://chat.test"), ("X-Id", "1")]
    assert cors.shared(ASKED, response) == [
        ("X-Id", "1"),
        ("access-control-allow-origin", "https://app.test"),
        ("access-control-allow-credentials", "true"),
        ("vary", "Origin"),
        ("access-control-expose-headers", "x-id"),
    ]


def test_who_is_of_no_other_origin_gets_what_was_recorded() -> None:
    response = [("Access-Control-Allow-Origin", "*")]
    assert cors.shared([("Host", "x")], response) == response
