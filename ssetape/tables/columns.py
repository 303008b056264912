"""The two tables that captures become, for SQL and for data frames: their columns, as values.

Everything that writes or queries them takes names and types from here: the Parquet data set,
`ssetape query`, and `docs/scale.md`, which a test compares.
"""

from typing import Literal, NamedTuple

Type = Literal["string", "integer", "number", "boolean", "timestamp", "date", "binary"]


class Column(NamedTuple):
    """One column.

    Attributes:
        unit: of a number or a moment; "" where there is none.
        meaning: one line for the documentation, with what null means where it can be null.
    """

    name: str
    type: Type
    unit: str
    meaning: str


# The day of the request: the data set is partitioned by it, so it is a folder's name there, and
# readers put it behind the columns of the files.
PARTITION = Column("date", "date", "UTC", "the day of `started`; null with it")

EXCHANGES = (
    Column("capture", "string", "", "the file, as it was named"),
    Column("id", "string", "", "the exchange's id"),
    Column("kind", "string", "", "`http` or `websocket`"),
    Column("started", "timestamp", "us, UTC", "when the request was sent; null: not known"),
    Column("host", "string", "", "of the URL, with its port if it names one; null: it has none"),
    Column("method", "string", "", "the request's"),
    Column("url", "string", "", "the request's, whole"),
    Column("path", "string", "", "of the URL, without the query; null: the URL is none"),
    Column("status", "integer", "", "null: there was no response head"),
    Column("http_version", "string", "", "the protocol spoken with the server; null as above"),
    Column("content_type", "string", "", "the response's; null: it had none"),
    Column("request_bytes", "integer", "bytes", "the request's body; null: none, or none kept"),
    Column("chunks", "integer", "", "of the body; of a WebSocket: messages"),
    Column("bytes", "integer", "bytes", "of the chunks, or messages"),
    Column("events", "integer", "", "rows in `events`; 0: it is not a stream"),
    Column("duration_s", "number", "s", "until the end, or the last chunk if there is no end"),
    Column("head_s", "number", "s", "until the response head; null: none came"),
    Column("first_byte_s", "number", "s", "until the first chunk, or message; null: none came"),
    Column("first_event_s", "number", "s", "until the first event was complete; null: none was"),
    Column("ended", "string", "", "how it ended; null: recording was interrupted"),
    Column("complete", "boolean", "", "whether the response came to its own end"),
    PARTITION,
)

EVENTS = (
    Column("capture", "string", "", "the file: joins with `exchanges`"),
    Column("exchange_id", "string", "", "the exchange's id"),
    Column("seq", "integer", "", "number within the capture, from 0"),
    Column("t_s", "number", "s", "when it was complete"),
    Column("t_first_s", "number", "s", "when its first byte came; null: a message"),
    Column("gap_s", "number", "s", "since the one before was complete; null: the first"),
    Column(
        "kind", "string", "", "`event` with a type, `line` without one, `message` of a WebSocket"
    ),
    Column("direction", "string", "", "`in`: from the server, `out`: from the client"),
    Column("event", "string", "", "its type; of a message `text` or `binary`; null: a line"),
    Column("id", "string", "", "the last event ID as it stood; null: none, or a message"),
    Column("data", "string", "", "its data; null: it is in `data_binary`"),
    Column("data_binary", "binary", "", "of a message that is no valid text; else null"),
    Column("size_bytes", "integer", "bytes", "of its data"),
    PARTITION,
)

TABLES: dict[str, tuple[Column, ...]] = {"exchanges": EXCHANGES, "events": EVENTS}
