import pytest

from ssetape.recording.unreachable import trouble


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("[Errno 111] Connect call failed ('127.0.0.1', 9)", "connection refused"),
        (
            "Multiple exceptions: [Errno 111] Connect call failed ('::1', 9, 0, 0), "
            "[Errno 111] Connect call failed ('127.0.0.1', 9)",
            "connection refused",
        ),
        ("net::ERR_CONNECTION_REFUSED", "connection refused"),
        ("[Errno -2] Name or service not known", "the name does not resolve"),
        ("[Errno 8] nodename nor servname provided, or not known", "the name does not resolve"),
        ("net::ERR_NAME_NOT_RESOLVED", "the name does not resolve"),
        ("[Errno 101] Network is unreachable", "no route to it"),
        ("net::ERR_INTERNET_DISCONNECTED", "no route to it"),
        ("[Errno 110] Connect call failed ('10.0.0.1', 9)", "it does not respond"),
        ("net::ERR_CONNECTION_TIMED_OUT", "it does not respond"),
        ("The remote server does not speak TLS.", "it does not speak TLS there"),
        ("net::ERR_SSL_PROTOCOL_ERROR", "it does not speak TLS there"),
        (
            "Certificate verify failed: unable to get local issuer certificate",
            "its certificate is not valid (unable to get local issuer certificate)",
        ),
        ("net::ERR_CERT_DATE_INVALID", "its certificate is not valid (date invalid)"),
        ("something else.", "something else"),
        ("", "no reason given"),
        ("x" * 1000, "x" * 100),
    ],
)
def test_a_reason_is_in_words_and_comes_with_what_to_check(error: str, reason: str) -> None:
    found = trouble(error)
    assert found.reason == reason
    assert found.advice
    assert ("-k" in found.advice) == ("certificate" in reason)


def test_an_error_that_only_has_a_number_is_named_by_it() -> None:
    assert trouble("[Errno 13] Connect call failed ('10.0.0.1', 9)").reason == "permission denied"
