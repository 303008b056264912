"""The lines above a capture's messages: its request, its origin, its response's head. Pure."""

from ssetape.format import provenance
from ssetape.format.file import CaptureFile
from ssetape.showing.ends import head_lines


def head_of(capture: CaptureFile, *, colours: bool = False) -> list[str]:
    """The lines of `ends.head_lines`, for a capture."""
    response, how = capture.response, provenance.decoded_how(capture)
    return head_lines(
        capture.request,
        response,
        origin=provenance.origin(capture),
        remarks=[] if response is None else provenance.remarks(response, how),
        colours=colours,
    )
