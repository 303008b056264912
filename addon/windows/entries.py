"""Long lists in a flow's metadata, of which mitmproxy's console shows no more than the length.

Its tab *Detail* makes text of all metadata with each update. Of ten thousand entries that takes
seconds, in which no traffic passes.
"""

from typing import Any


class Entries(list[Any]):
    """A list; flow files hold it as any other."""

    def __repr__(self) -> str:
        return f"<{len(self)} entries>"


def shorten(record: object) -> None:
    """Have what a flow file holds as the record of a stream shown in short."""
    if isinstance(record, dict):
        for name in ("chunks", "messages"):
            if type(record.get(name)) is list:
                record[name] = Entries(record[name])
