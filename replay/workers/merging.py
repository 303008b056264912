"""Makes one answer of what all workers have answered. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import orjson

from ..control import REMEMBERED
from ..exchange import Say
from ..tally import Tally


def merged(page: str, answers: Sequence[Say]) -> Say:
    """The answer of all workers to a request for a control page.

    Args:
        page: the page's name.
        answers: at least one.
    """
    first = next((answer for answer in answers if answer.status != 200), answers[0])
    merge = _MERGES.get(page)
    if first.status != 200 or merge is None:
        return first
    result = merge([orjson.loads(answer.body) for answer in answers])
    return replace(first, body=orjson.dumps(result, option=orjson.OPT_APPEND_NEWLINE))


def _sum(results: list[dict[str, int]]) -> dict[str, int]:
    return {"streams": sum(result["streams"] for result in results)}


def _in_order(results: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    served = [answer for result in results for answer in result["served"]]
    return {"served": sorted(served, key=lambda answer: int(answer["number"]))[-REMEMBERED:]}


def _added(results: list[dict[str, Any]]) -> dict[str, Any]:
    return reduce(Tally.add, map(Tally.of, results)).fields()


# What becomes of the pages whose answers differ between workers.
_MERGES: dict[str, Callable[[list[Any]], object]] = {
    "pause": _sum,
    "resume": _sum,
    "step": _sum,
    "served": _in_order,
    "tally": _added,
}
