"""`ssetape scan`: what still looks like a secret in captures."""

import sys

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_paths
from ssetape.cli.options.paths import PATH
from ssetape.cli.terminal.output import json_line, note, table
from ssetape.errors import SsetapeError
from ssetape.masking.files import mask_capture, user_salt
from ssetape.masking.scan import FoundSecret, scan


@click.command(short_help="Find what looks like a secret.")
@click.argument("paths", type=PATH, nargs=-1, metavar="[PATH]...")
@click.option("--mask", is_flag=True, help="Mask it in the files, then tell what is left.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding.")
def command(paths: tuple[str, ...], mask: bool, as_json: bool) -> None:
    """Find what still looks like a secret in captures, before they are shared.

    Looks at URLs, headers and bodies, also under a Content-Encoding and across chunks: for the
    shapes of well-known keys and tokens, and for fields whose names tell. Shows no secret whole.
    Exits with 1 if there is any, or if a capture cannot be read. Secrets of other shapes it does
    not know: nothing found is no promise.

    --mask replaces each by a placeholder as long as it was, equal for equal secrets, and marks it.
    What is under a Content-Encoding and in captures without an end it leaves.

    \b
    Example:
        ssetape scan
        ssetape scan --mask captures
        ssetape scan captures --json
    """
    if mask and "-" in paths:
        raise click.UsageError("--mask changes files, and - is none")
    captures, all_read = open_paths(paths)
    if mask:
        all_read &= _mask(captures)
        captures = [Capture(capture.path) for capture in captures]
    findings: list[tuple[str, FoundSecret]] = []
    for capture in captures:
        try:
            for finding in scan(capture):
                findings.append((capture.name, finding))
        except SsetapeError as error:
            told = str(error)
            note(told if told.startswith(capture.name) else f"{capture.name}: {told}")
            all_read = False
    for name, finding in findings if as_json else ():
        fields = finding._asdict()
        json_line({"path": name, "t": fields.pop("t_s"), **fields})
    if findings and not as_json:
        _print(findings)
    note(f"captures: {len(captures)}, of what looks like a secret: {len(findings)}")
    if findings or not all_read:
        sys.exit(1)


def _mask(captures: list[Capture]) -> bool:
    """Mask what can be masked; gives whether all could be read and written."""
    all_written = True
    try:
        salt = user_salt()
    except OSError as error:
        raise click.ClickException(f"cannot keep a salt for the placeholders: {error}") from error
    for capture in captures:
        try:
            if capture.end is None:
                note(f"{capture.name}: not masked: it has no end, so its recorder may be at work")
                continue
            count = mask_capture(capture.path, salt)
        except (SsetapeError, OSError, ValueError, LookupError, TypeError) as error:
            note(f"{capture.name}: not masked, left as it was: {error}")
            all_written = False
        else:
            if count:
                note(f"{capture.name}: masked in {count} place{'s' * (count != 1)}")
    return all_written


def _print(findings: list[tuple[str, FoundSecret]]) -> None:
    rows = [
        (
            finding.pattern,
            finding.hint,
            finding.place,
            "" if finding.t_s is None else f"{finding.t_s:.3f}",
            name,
        )
        for name, finding in findings
    ]
    table(("shape", "begins", "in", "time", "file"), rows, numbers=("time",), long=("in", "file"))
