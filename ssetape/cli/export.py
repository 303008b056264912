"""`ssetape export`: captures in the formats of other tools."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from ssetape import exports
from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.choice import Choice
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.paths import PATH
from ssetape.cli.options.safe import safe_option
from ssetape.cli.terminal.binary import binary_output
from ssetape.cli.terminal.output import note
from ssetape.cli.terminal.progress import progress
from ssetape.errors import ExportError
from ssetape.exports import ExportFormat, FolderFormat, _files


class _Formats(click.Command):
    """Lists the formats at the end of the help, each with what it leaves out."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Formats"):
            rows = []
            for name in exports.names():
                form = exports.load(name)
                rows.append((name, f"{form.SUMMARY} Leaves out: {form.LOSES}."))
            formatter.write_dl(rows)


@click.command(cls=_Formats)
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[PATH]...")
@click.option(
    "--format",
    "name",
    type=Choice(exports.names()),
    help="Export format; inferred from the output's suffix.",
)
@click.option(
    "-o",
    "--output",
    "target",
    type=PATH,
    metavar="PATH",
    help="A file, or a folder for one file per capture.  [default: stdout]",
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@safe_option
def command(
    paths: tuple[str, ...], name: str | None, target: str | None, overwrite: bool, safe: bool
) -> None:
    """Export captures to the formats of other tools; - reads a capture from stdin.

    Omissions are reported on stderr.

    \b
    Example:
        ssetape export --format har -o stream.har captures
        ssetape export --format curl answer.ssetape
        ssetape export --format parquet -o lake captures
    """
    output = None if target in (None, "-", "/dev/stdout") else Path(str(target))
    if name is None and output is not None:
        name = _files.format_of(output)
    if name is None:
        raise click.UsageError(f"choose a format: --format {'|'.join(exports.names())}")
    form = exports.load(name)
    if safe:
        if not hasattr(form, "Safe"):
            raise click.UsageError("--safe is for csv")
        form = form.Safe()
    if form.LOSES:
        note(f"{name} leaves out: {form.LOSES}")
    problems: list[str] = []
    with progress(open_each(paths, problems), "writing") as captures:
        try:
            if isinstance(form, FolderFormat):
                _to_data_set(name, form, captures, output)
            elif output is None:
                _to_stdout(name, form, captures)
            else:
                _to_files(form, captures, output, overwrite)
        except ExportError as error:
            problems += error.args
    for problem in problems:
        note(problem)
    if problems:
        sys.exit(1)


def _to_data_set(
    name: str, form: FolderFormat, captures: Iterable[Capture], output: Path | None
) -> None:
    if output is None:
        raise click.UsageError(f"{name} writes a folder of files: name it with -o")
    _files.to_data_set(form, captures, output)
    note(f"written: {output}")


def _to_stdout(name: str, form: ExportFormat, captures: Iterable[Capture]) -> None:
    held = iter(captures)
    if not form.SEVERAL:
        first, second = next(held, None), next(held, None)
        if second is not None:
            raise click.UsageError(
                f"{name} holds one capture, but there are several: name a folder with -o"
            )
        held = iter([first] if first is not None else [])
    with binary_output() as out:
        form.write(held, out)


def _to_files(
    form: ExportFormat, captures: Iterable[Capture], output: Path, overwrite: bool
) -> None:
    if form.SEVERAL:
        if output.is_dir():
            raise click.UsageError(f"{output} is a folder, but one file holds all captures")
        _files.to_file(form, captures, output, overwrite=overwrite)
        note(f"written: {output}")
        return
    held = iter(captures)
    first, second = next(held, None), next(held, None)
    if first is None:
        raise ExportError("no captures found")
    if second is None and not output.is_dir():
        _files.to_file(form, [first], output, overwrite=overwrite)
        note(f"written: {output}")
        return
    given = [first, second] if second else [first]
    count = 0
    for _ in _files.to_folder(form, _chained(given, held), output, overwrite=overwrite):
        count += 1
    note(f"written: {count} files in {output}")


def _chained(first: list[Capture], rest: Iterable[Capture]) -> Iterable[Capture]:
    yield from first
    yield from rest
