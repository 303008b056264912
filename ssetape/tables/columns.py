"""The columns of the two tables made from captures, for SQL and for data frames.

All names and types come from here: those of the Parquet data set, of `ssetape query`, and of
`docs/scale.md` (a test compares them).
"""

from typing import Literal, NamedTuple

Type = Literal["string", "integer", "number", "boolean", "timestamp", "date", "binary"]


class Column(NamedTuple):
    """One column.

    Attributes:
        unit: of a number or a time; "" if it has none.
        meaning: one line for the documentation; for a nullable column, also what null means.
    """

    name: str
    type: Type
    unit: str
    meaning: str


# The day of the request. The data set is partitioned by it: it is a folder's name there, and
# readers append it to the columns of the files.
PARTITION = Column("date", "date", "UTC", "the day of `started`; null if that is null")

EXCHANGES = (
    Column("capture", "string", "", "the capture file, as it was named"),
    Column("id", "string", "", "the exchange's id"),
    Column("kind", "string", "", "`http` or `websocket`"),
    Column("started", "timestamp", "us, UTC", "when the request was sent; null: unknown"),
    Column("host", "string", "", "the URL's host, with its port if given; null: the URL has none"),
    Column("method", "string", "", "the request method"),
    Column("url", "string", "", "the complete request URL"),
    Column("path", "string", "", "the URL's path, without the query; null: the URL is invalid"),
    Column("status", "integer", "", "the response status; null: no response head"),
    Column("http_version", "string", "", "as spoken with the server; null: no response head"),
    Column("content_type", "string", "", "the response's Content-Type; null: it has none"),
    Column("request_bytes", "integer", "bytes", "size of the request body; null: no body kept"),
    Column("chunks", "integer", "", "chunks of the body, or messages of a WebSocket"),
    Column("bytes", "integer", "bytes", "total size of the chunks or messages"),
    Column("events", "integer", "", "rows in `events`; 0: no events, or not a stream"),
    Column("duration_s", "number", "s", "until the end; without one, until the last chunk"),
    Column("head_s", "number", "s", "until the response head; null: no head"),
    Column("first_byte_s", "number", "s", "until the first chunk or message; null: none"),
    Column("first_event_s", "number", "s", "until the first event was complete; null: none"),
    Column("ended", "string", "", "how the exchange ended; null: recording was interrupted"),
    Column("complete", "boolean", "", "whether the response was complete"),
    Column("protocol", "string", "", "the protocol; null: unknown, or a damaged capture"),
    Column("model", "string", "", "the model, as the answer names it; null: it names none"),
    Column("first_text_s", "number", "s", "until the first visible text; null: none"),
    Column("last_text_s", "number", "s", "until the last visible text; null: none"),
    Column("tokens", "integer", "", "output tokens, reasoning included; null: unknown"),
    Column("tokens_reported", "boolean", "", "whether the provider counted them; null: no tokens"),
    Column("tokens_per_s", "number", "1/s", "from the first content to the last; null: unknown"),
    Column(
        "text",
        "string",
        "",
        "the answer's first million characters; null: unknown protocol",
    ),
    PARTITION,
)

EVENTS = (
    Column("capture", "string", "", "the capture file; joins with `exchanges`"),
    Column("exchange_id", "string", "", "the exchange's id"),
    Column("seq", "integer", "", "the event's number within the capture, from 0"),
    Column("t_s", "number", "s", "when the event was complete"),
    Column("t_first_s", "number", "s", "when its first byte arrived; null: a WebSocket message"),
    Column("gap_s", "number", "s", "since the previous event was complete; null: the first"),
    Column(
        "kind", "string", "", "`event` with a type, `line` without one, `message` of a WebSocket"
    ),
    Column("direction", "string", "", "`in`: from the server, `out`: from the client"),
    Column("event", "string", "", "the event type; `text` or `binary` of a message; null: a line"),
    Column("id", "string", "", "the last event ID at this event; null: none, or a message"),
    Column("data", "string", "", "the data as text; null: it is in `data_binary`"),
    Column("data_binary", "binary", "", "the data of a message that is not valid text; else null"),
    Column("size_bytes", "integer", "bytes", "size of the data"),
    Column("said", "string", "", "what it added to the answer; null: unknown protocol"),
    PARTITION,
)

TABLES: dict[str, tuple[Column, ...]] = {"exchanges": EXCHANGES, "events": EVENTS}
