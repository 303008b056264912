"""`ssetape make`: captures that nobody recorded."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.choice import Choice
from ssetape.cli.options.paths import PATH
from ssetape.cli.options.rhythm import rhythm_options
from ssetape.cli.options.saying import saying_options
from ssetape.cli.terminal.binary import binary_output
from ssetape.cli.terminal.output import json_line, note
from ssetape.cli.terminal.progress import progress
from ssetape.errors import SsetapeError
from ssetape.format.values import SUFFIX
from ssetape.protocols import writing

if TYPE_CHECKING:
    from ssetape.making.answer import Wanted
    from ssetape.making.capture_files import Written
    from ssetape.making.exchange import Recipe
    from ssetape.making.rhythm import Rhythm

# More files than this in one folder are too many for every other program.
_COUNT_LIMIT = 1_000_000


class _Protocols(Choice):
    """Every protocol with a writer; those of other packages are known only once loaded."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            try:
                writing.writer_of(str(value))
            except SsetapeError:
                pass
            else:
                return value
            raise


@click.command("make")
@click.option(
    "-o",
    "--output",
    required=True,
    type=PATH,
    metavar="PATH",
    help=f"The capture, if it ends in {SUFFIX}, else a folder for it; - for stdout.",
)
@click.option(
    "--protocol",
    type=_Protocols(writing.names()),
    metavar="NAME",
    default="openai-chat",
    show_default=True,
    help=f"The provider's protocol: {', '.join(writing.names())}.",
)
@saying_options
@rhythm_options
@click.option(
    "--path", "url", metavar="URL", default="", help="The request's path, or its whole URL."
)
@click.option(
    "--request-body",
    type=PATH,
    metavar="FILE",
    help="A file with the request's body, or the body itself if it begins with { or [.",
)
@click.option(
    "--tokenizer",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="What cuts text into tokens: an encoding of tiktoken's, such as o200k_base, or words; "
    "auto is o200k_base where tiktoken has it on this machine, else words.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option(
    "--count",
    type=click.IntRange(1, _COUNT_LIMIT),
    metavar="N",
    help="Make N captures, each different, in a folder.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per capture.")
def command(
    output: str,
    protocol: str,
    wanted: "Wanted",
    rhythm: "Rhythm",
    url: str,
    request_body: str | None,
    tokenizer: str,
    seed: int,
    count: int | None,
    as_json: bool,
) -> None:
    """Make captures without a server: an answer, and the times at which it comes.

    A capture made so says that it was made, never that it was recorded. The same options and the
    same seed make the same bytes.

    \b
    Times and rates are a number or a distribution:
        lognormal(0.8,0.3)   the median, and sigma of the logarithm
        normal(0.8,0.2)      mean and standard deviation; what is below 0 is 0
        uniform(0.2,1)       lowest and highest
        exponential(0.02)    the mean
        from CAPTURE...      drawn from what was recorded: heads, first tokens, gaps

    \b
    Example:
        ssetape make -o answer.ssetape --text 'Hello there!'
        ssetape make -o answer.ssetape --protocol anthropic --tool 'weather={"city":"Paris"}'
        ssetape make -o load --count 1000 --tokens 'lognormal(200,0.5)' --gap 'exponential(0.02)'
    """
    from ssetape.making import answer
    from ssetape.making.capture_files import write_in, write_one, write_workload
    from ssetape.making.exchange import Recipe, url_of
    from ssetape.making.tokenizer import cutter

    writer = writing.writer_of(protocol)
    body = None if request_body is None else _body(request_body)
    recipe = Recipe(protocol, writer, wanted, rhythm, cutter(tokenizer), seed, url, body)
    try:
        answer.check(wanted, writer, protocol)
        url_of(recipe)
    except SsetapeError as error:
        raise click.UsageError(str(error)) from error
    is_file = output == "-" or output.endswith(SUFFIX)
    if count is not None and is_file:
        raise click.UsageError(f"--count makes a folder of captures, but {output} is one file")
    if output == "-":
        _to_stdout(recipe)
        return
    path = Path(output)
    if count is not None:
        made: Iterable[Written] = write_workload(recipe, path, count)
    else:
        made = [write_one(recipe, path) if is_file else write_in(recipe, path)]
    _report(made, recipe, count, output, as_json)


def _report(
    made: "Iterable[Written]", recipe: "Recipe", count: int | None, output: str, as_json: bool
) -> None:
    tokens = 0
    with progress(made, "making", count) as each:
        for path, exchange in each:
            tokens += exchange.tokens
            if as_json:
                json_line(
                    {
                        "path": str(path),
                        "protocol": recipe.protocol,
                        "tokens": exchange.tokens,
                        "head_s": round(exchange.response.t_s, 6),
                        "ttft_s": round(exchange.ttft_s, 6),
                        "duration_s": round(exchange.end.t_s, 6),
                        "bytes": sum(len(chunk.data) for chunk in exchange.chunks),
                    }
                )
    what = f"{path}" if count is None else f"{count:,} captures in {output}"
    note(f"made {what}: {recipe.protocol}, {tokens:,} tokens ({recipe.cutter.name})")


def _to_stdout(recipe: "Recipe") -> None:
    from ssetape.making.capture_files import write_one

    with tempfile.TemporaryDirectory(prefix="ssetape-") as folder:
        path = write_one(recipe, Path(folder) / f"made{SUFFIX}").path
        with path.open("rb") as file, binary_output() as out:
            shutil.copyfileobj(file, out)


def _body(given: str) -> bytes:
    if given[:1] in ("{", "["):
        return given.encode("utf-8", "surrogateescape")
    try:
        return Path(given).read_bytes()
    except OSError as error:
        raise click.UsageError(f"--request-body {given:.200}: {error.strerror}") from error
