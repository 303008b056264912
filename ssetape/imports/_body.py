"""Makes the head and body of an exchange agree: other tools decode the body and keep the head."""

from ssetape.errors import DecodingError
from ssetape.format.codings import codings, transfer_codings
from ssetape.format.values import Headers, header_values
from ssetape.imports._exchange import BYTES_DECODED, BYTES_EXACT
from ssetape.messages.decoding import BodyDecoder


def settle(headers: Headers, body: bytes, *, decoded: bool = False) -> tuple[Headers, str]:
    """The headers that hold for `body`, and whether it is exact or decoded.

    Args:
        decoded: whether the source is known to have decoded the body; if not, decoding is tried.
    """
    word = BYTES_EXACT
    left_out = set()
    if codings(headers) and (decoded or not _decodes(headers, body)):
        left_out.add("content-encoding")
        if transfer_codings(headers):
            left_out.add("transfer-encoding")
        word = BYTES_DECODED
    lengths = header_values(headers, "content-length")
    if lengths and lengths != [str(len(body))]:
        left_out.add("content-length")
    return [(name, value) for name, value in headers if name.lower() not in left_out], word


def _decodes(headers: Headers, body: bytes) -> bool:
    try:
        for _ in BodyDecoder(headers).feed(body):
            pass
    except DecodingError:
        return False
    return True
