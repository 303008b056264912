"""`ssetape verify`: replay captures and compare with the recordings."""

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_paths
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.pace import pace_options
from ssetape.cli.terminal.output import json_line, note, table
from ssetape.errors import SsetapeError

if TYPE_CHECKING:
    from ssetape.replay import pacing
    from ssetape.replay import verify as verifying


@click.command()
@click.argument("captures", type=CAPTURE, nargs=-1, metavar="[CAPTURE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per capture.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="How many captures to replay at once.",
)
@pace_options
def command(captures: tuple[str, ...], as_json: bool, jobs: int, pace: "pacing.Pace") -> None:
    """Replay captures over a real socket, and compare with the recordings.

    Prints whether bytes, chunk boundaries, headers and end are as recorded, and how late the head
    and the chunks arrived; of a WebSocket, the server's messages and its close. Exits with 1 if
    anything differs.

    \b
    Example:
        ssetape verify captures
        ssetape verify --speed 10 answer.ssetape
    """
    from ssetape.replay import verify as verifying

    found, all_good = open_paths(captures)

    def check(capture: Capture) -> "verifying.Verification | SsetapeError":
        try:
            return verifying.verify(capture, pace)
        except SsetapeError as error:
            return error

    # Servers and clients share this process: by default, one may wait 5 ms for another.
    sys.setswitchinterval(0.0001)
    rows = []
    with ThreadPoolExecutor(jobs) as pool:
        for capture, result in zip(found, pool.map(check, found), strict=True):
            if isinstance(result, SsetapeError):
                note(str(result))
                all_good = False
                continue
            all_good = all_good and not result.differences
            if as_json:
                json_line(_fields(capture, result))
            for text in (*capture.problems, *result.differences):
                note(f"{capture.name}: {text}")
            rows.append(_row(capture, result))
    all_good = all_good and bool(found)  # else nothing was verified
    if not as_json and rows:
        numbers = ("chunks", "head", "p50", "p99", "max")
        headings = ("bytes", "boundaries", "headers", "end", *numbers, "file")
        gives_way = ("p50", "chunks", "head", "p99", "headers", "boundaries", "end")
        table(headings, rows, numbers, gives_way=gives_way, path="file")
        click.echo("head, p50, p99, max: how late the head and the chunks arrived, in ms")
    if not all_good:
        sys.exit(1)


def _fields(capture: Capture, result: "verifying.Verification") -> dict[str, Any]:
    return {
        "path": capture.name,
        "equal": not result.differences,
        "bytes_equal": result.bytes_equal,
        "boundaries_equal": result.boundaries_equal,
        "headers_equal": result.headers_equal,
        "end_equal": result.end_equal,
        "chunks": result.chunks,
        "head_error_ms": round(result.head_error_ms, 3),
        "error_p50_ms": _rounded(result.percentile_ms(50)),
        "error_p99_ms": _rounded(result.percentile_ms(99)),
        "error_max_ms": _rounded(result.percentile_ms(100)),
        "differences": result.differences,
    }


def _row(capture: Capture, result: "verifying.Verification") -> tuple[str, ...]:
    boundaries = result.boundaries_equal
    return (
        _verdict(result.bytes_equal),
        "not shown" if boundaries is None else _verdict(boundaries),
        _verdict(result.headers_equal),
        _verdict(result.end_equal),
        str(result.chunks),
        f"{result.head_error_ms:.2f}",
        *(_number(result.percentile_ms(percent)) for percent in (50, 99, 100)),
        capture.name,
    )


def _verdict(equal: bool) -> str:
    return "equal" if equal else "DIFFER"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)
