import pytest

from ssetape.format.codings import codings, transfer_codings
from ssetape.format.values import Headers


@pytest.mark.parametrize(
    ("headers", "of_body", "of_transfer"),
    [
        ([], [], []),
        ([("Transfer-Encoding", "chunked")], [], []),
        ([("transfer-encoding", "identity")], [], []),
        ([("Content-Encoding", "BR, gzip")], ["br", "gzip"], []),
        ([("Content-Encoding", "")], [], []),
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
