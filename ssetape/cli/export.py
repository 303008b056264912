"""`ssetape export`: captures in the formats of other tools."""

import sys
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

import click

from ssetape import exports
from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.choice import Choice
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.jobs import jobs_option
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
@jobs_option
def command(
    paths: tuple[str, ...],
    name: str | None,
    target: str | None,
    overwrite: bool,
    safe: bool,
    jobs: int | None,
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
    if name is None:
        fitting = _files.formats_of(output) if output is not None else []
        if len(fitting) != 1:
            known = "|".join(fitting or exports.names())
            raise click.UsageError(f"choose a format: --format {known}")
        name = fitting[0]
    form = exports.load(name)
    _refuse(name, form, output, overwrite)
    if safe:
        if not hasattr(form, "Safe"):
            raise click.UsageError("--safe is for csv")
        form = form.Safe()
    if jobs is not None and not isinstance(form, FolderFormat):
        raise click.UsageError("--jobs is for parquet")
    problems: list[str] = []
    with progress(open_each(paths, problems), "writing") as captures:
        first = list(islice(captures, 2))
        _refuse_several(name, form, len(first), output)
        if form.LOSES:
            note(f"{name} leaves out: {form.LOSES}")
        try:
            _write(form, chain(first, captures), len(first), output, overwrite, jobs)
        except ExportError as error:
            problems += error.args
    for problem in problems:
        note(problem)
    if problems or not (first or form.SEVERAL):
        sys.exit(1)


def _refuse(
    name: str, form: ExportFormat | FolderFormat, output: Path | None, overwrite: bool
) -> None:
    """Refuse what a format cannot do, before any capture is read."""
    if isinstance(form, FolderFormat):
        if output is None:
            raise click.UsageError(f"{name} writes a folder of files: name it with -o")
        _files.check_new(output)
    elif output is not None and not output.is_dir():
        _files.check_free(output, overwrite=overwrite)
    elif output is not None and form.SEVERAL:
        raise click.UsageError(f"{output} is a folder, but one file holds all captures")


def _refuse_several(
    name: str, form: ExportFormat | FolderFormat, count: int, output: Path | None
) -> None:
    """Refuse to put several captures where a format has room for one."""
    if form.SEVERAL or count < 2:
        return
    if output is None or (output.suffix == form.SUFFIX and not output.is_dir()):
        where = "stdout" if output is None else f"{output}"
        raise click.UsageError(
            f"{name} holds one capture, but there are several for {where}: name a folder with -o"
        )


def _write(
    form: ExportFormat | FolderFormat,
    captures: Iterable[Capture],
    count: int,
    output: Path | None,
    overwrite: bool,
    jobs: int | None,
) -> None:
    """Write captures to stdout, a file or a folder; `count` is 2 for any number above one."""
    if output is None:
        assert not isinstance(form, FolderFormat)
        with binary_output() as out:
            form.write(captures, out)
        return
    if isinstance(form, FolderFormat):
        _files.to_data_set(form, captures, output, jobs)
    elif form.SEVERAL or (count == 1 and not output.is_dir()):
        _files.to_file(form, captures, output, overwrite=overwrite)
    elif count:
        written = sum(1 for _ in _files.to_folder(form, captures, output, overwrite=overwrite))
        note(f"written: {written} files in {output}")
        return
    else:
        return
    note(f"written: {output}")
