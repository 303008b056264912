"""Puts an answer and its rhythm together to an exchange. Pure: the same seed, the same bytes."""

from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit
from uuid import UUID

from ssetape.errors import SsetapeError
from ssetape.format.encode import ascii_url
from ssetape.format.values import COMPLETE, Chunk, End, Headers, Request, Response
from ssetape.loose_json import dumped
from ssetape.making import answer
from ssetape.making.answer import Wanted
from ssetape.making.rhythm import Rhythm
from ssetape.making.words import Cutter
from ssetape.protocols.writing._blocks import BlockWriter, Opening

# 2026-01-01T00:00:00Z. A made exchange has no time of day, and the same seed the same bytes. Of a
# workload each begins a second after the one before, so that they are answered in this order.
STARTED_S = 1_767_225_600


@dataclass(frozen=True, slots=True)
class Recipe:
    """What captures are made of.

    Attributes:
        protocol: the protocol's name.
        writer: its writer.
        cutter: how text becomes tokens.
        seed: what chance begins with.
        url: where is asked, or its path; "" for the provider's own.
        body: the request's body; None for the protocol's usual one.
    """

    protocol: str
    writer: type[BlockWriter]
    wanted: Wanted
    rhythm: Rhythm
    cutter: Cutter
    seed: int = 0
    url: str = ""
    body: bytes | None = None


class Made(NamedTuple):
    """A made exchange.

    Attributes:
        id: a UUID.
        started_ns: when it is said to have begun, ns since 1970.
        made: how it was made, as the capture says it.
        ttft_s: when the first token comes.
        tokens: how many tokens the answer has.
    """

    id: str
    started_ns: int
    made: dict[str, Any]
    request: Request
    response: Response
    chunks: list[Chunk]
    end: End
    ttft_s: float
    tokens: int


def make(recipe: Recipe, number: int = 1) -> Made:
    """One exchange; `number` says which of a workload, from 1.

    What comes at the same moment is one chunk: what opens the answer comes with the first token,
    what ends it with the last.

    Raises:
        SsetapeError: it would be too long.
    """
    chance = Random(f"{recipe.seed}/{number}")
    started_s = STARTED_S + number - 1
    unique = UUID(int=chance.getrandbits(128), version=4)
    writer = recipe.writer(Opening(unique.hex, started_s))
    said = answer.said(recipe.wanted, recipe.writer, recipe.cutter.cut, chance)
    head_s, tokens_s = recipe.rhythm.times(max(1, len(said.pieces)), chance)
    write = writer.write
    for fact in said.about:
        for _ in write(fact):
            raise AssertionError("what is said of the whole answer is kept for its pieces")
    moments: dict[float, list[bytes]] = {}
    for t_s, fact in [*zip(tokens_s, said.pieces, strict=False), (tokens_s[-1], said.end)]:
        if messages := [*write(fact)]:
            moments.setdefault(t_s, []).extend(messages)
    chunks = [Chunk(t_s, b"".join(messages)) for t_s, messages in moments.items()]
    response = Response(head_s, 200, "OK", "HTTP/1.1", list(recipe.writer.HEADERS))
    return Made(
        str(unique),
        started_s * 10**9,
        _how(recipe, number),
        _request(recipe),
        response,
        chunks,
        End(tokens_s[-1], COMPLETE),
        tokens_s[0],
        len(said.pieces),
    )


def url_of(recipe: Recipe) -> str:
    """Where is asked.

    Raises:
        SsetapeError: what was given is neither a URL nor a path.
    """
    model = quote(recipe.wanted.model or recipe.writer.MODEL, safe=":.")
    usual = recipe.writer.URL.replace("{model}", model)
    if not recipe.url:
        return usual
    given = ascii_url(recipe.url.encode("utf-8", "replace"))
    if given.startswith("/"):
        parts = urlsplit(usual)
        return f"{parts.scheme}://{parts.netloc}{given}"
    try:
        if given.startswith(("http://", "https://")) and urlsplit(given).netloc:
            return given
    except ValueError:  # brackets that hold no address
        pass
    raise SsetapeError(
        f"expected a path such as /v1/chat, or a URL such as https://api.example.com/v1/chat; "
        f"found {recipe.url!r:.200}"
    )


def _request(recipe: Recipe) -> Request:
    url, writer, wanted = url_of(recipe), recipe.writer, recipe.wanted
    body = recipe.body
    if body is None:
        value = writer.request(wanted.model or writer.MODEL, wanted.prompt)
        body = None if value is None else dumped(value)
    headers: Headers = [("host", urlsplit(url).netloc)]
    if body:
        headers.append(("content-type", "application/json"))
    return Request(writer.METHOD, url, "HTTP/1.1", headers, body or None)


def _how(recipe: Recipe, number: int) -> dict[str, Any]:
    rhythm = recipe.rhythm
    made: dict[str, Any] = {"protocol": recipe.protocol, "seed": recipe.seed, "number": number}
    made |= {"cut": recipe.cutter.name, "head": rhythm.head_s.text, "ttft": rhythm.ttft_s.text}
    if rhythm.gap_s is not None:
        made["gap"] = rhythm.gap_s.text
    else:
        made["rate"] = rhythm.rate.text
    if rhythm.stalls:
        made["stalls"] = [
            f"{stall.length_s.text}@{stall.token}" if stall.token else stall.length_s.text
            for stall in rhythm.stalls
        ]
    return made
