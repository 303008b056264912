import pytest

from ssetape.format.codings import codings, meaningless, split_coding, transfer_codings
from ssetape.format.values import Headers


@pytest.mark.parametrize(
    ("values", "real", "none"),
    [
        ([], [], []),
        (["gzip"], ["gzip"], []),
        (["GZip , br"], ["gzip", "br"], []),
        (["gzip", "br"], ["gzip", "br"], []),
        (["identity", ""], [], []),
        (["utf-8"], [], ["utf-8"]),
        (["aws-chunked,gzip"], ["gzip"], ["aws-chunked"]),
        (['"gzip"'], ["gzip"], []),
        (["none;q=1"], [], ["none;q=1"]),
        (["compress"], ["compress"], []),
    ],
)
def test_only_what_is_a_coding_counts(values: list[str], real: list[str], none: list[str]) -> None:
    headers: Headers = [("Content-Encoding", value) for value in values]
    assert (codings(headers), meaningless(headers)) == (real, none)


@pytest.mark.parametrize(
    ("headers", "of_body", "of_transfer"),
    [
        ([("Transfer-Encoding", "chunked")], [], []),
        ([("transfer-encoding", "identity")], [], []),
        ([("transfer-encoding", "GZip , chunked")], ["gzip"], ["gzip"]),
        ([("transfer-encoding", "gzip")], ["gzip"], ["gzip"]),
        (
            [("transfer-encoding", "deflate, chunked"), ("content-encoding", "br")],
            ["br", "deflate"],
            ["deflate"],
        ),
    ],
)
def test_a_body_has_the_codings_of_its_content_and_then_of_its_transfer(
    headers: Headers, of_body: list[str], of_transfer: list[str]
) -> None:
    assert codings(headers) == of_body
    assert transfer_codings(headers) == of_transfer


def test_headers_are_split_by_whether_they_hold_for_the_decoded_body() -> None:
    kept = [("Content-Type", "text/plain"), ("transfer-encoding", "chunked")]
    undone = [("Content-Encoding", "br"), ("content-length", "5"), ("Transfer-Encoding", "gzip")]
    assert split_coding([*kept, *undone]) == (kept, undone)
