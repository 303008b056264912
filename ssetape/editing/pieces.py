"""Takes apart what is between events, and counts the chunks that bytes were in. Pure."""

from collections.abc import Iterable, Iterator

from ssetape.messages.stretches import Slice

_BOM = b"\xef\xbb\xbf"


def pieces_of(slices: Iterable[Slice]) -> list[tuple[float, int]]:
    """The chunks that slices are of, each as its time and how many bytes of it there are."""
    found: list[tuple[float, int]] = []
    number = -1
    for t_s, data, chunk in slices:
        if chunk == number:
            found[-1] = (t_s, found[-1][1] + len(data))
        else:
            found.append((t_s, len(data)))
        number = chunk
    return found


def comments_apart(
    slices: list[Slice], *, is_first: bool = False
) -> list[tuple[str | None, list[Slice]]]:
    """Cut what is between events into its comments and the rest, each with its blank lines.

    Args:
        is_first: whether it begins the body, where a byte order mark may be.

    Returns:
        The text of each comment, None for the rest; and its bytes.
    """
    raw = b"".join(each.data for each in slices)
    pieces = list(_pieces(raw, is_first))
    return list(
        zip(
            [comment for comment, _ in pieces],
            cut(slices, [size for _, size in pieces]),
            strict=True,
        )
    )


def cut(slices: Iterable[Slice], sizes: Iterable[int]) -> Iterator[list[Slice]]:
    """Cut slices into pieces of these sizes, which are those of all of them together."""
    left = list(reversed(list(slices)))
    for size in sizes:
        taken = []
        while size > 0:
            piece = left.pop()
            if len(piece.data) > size:
                left.append(piece._replace(data=piece.data[size:]))
                piece = piece._replace(data=piece.data[:size])
            size -= len(piece.data)
            taken.append(piece)
        yield taken


def _pieces(raw: bytes, is_first: bool) -> Iterator[tuple[str | None, int]]:
    """The text of each comment, None for the rest; and its size."""
    comment: str | None = None
    size = 0
    is_blank = False  # whether a blank line came: another begins the next piece
    lines = raw.splitlines(keepends=True)
    if is_first and lines and lines[0].startswith(_BOM):
        yield None, len(_BOM)
        lines[0] = lines[0][len(_BOM) :]
    for line in filter(None, lines):
        text = line.rstrip(b"\r\n")
        is_comment = text.startswith(b":") and len(text) < len(line)
        if size and text and (is_blank or is_comment or comment is not None):
            yield comment, size
            comment, size, is_blank = None, 0, False
        if is_comment:
            comment = text[1:].decode("utf-8", "replace")
        is_blank = is_blank or not text
        size += len(line)
    if size:
        yield comment, size
