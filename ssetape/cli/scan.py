"""`ssetape scan`: find likely secrets in captures."""

import sys
from pathlib import Path

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.terminal.output import json_line, note, table
from ssetape.errors import SsetapeError
from ssetape.masking.files import mask_capture, user_salt
from ssetape.masking.names import also_mask
from ssetape.masking.scan import FoundSecret, scan


@click.command()
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[PATH]...")
@click.option("--mask", is_flag=True, help="Mask the secrets in the files, then report the rest.")
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="A header, parameter or field that is a secret, too. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finding.")
def command(paths: tuple[str, ...], mask: bool, names: tuple[str, ...], as_json: bool) -> None:
    """Find likely secrets in captures, before sharing them.

    Searches URLs, headers and bodies, also under a Content-Encoding, in base64 and in pieces, for
    well-known shapes of keys and tokens, and for fields with telling names. Never shows a whole
    secret. Exits with 1 if it finds any, or if a capture cannot be read. It does not know every
    shape: finding nothing is no guarantee.

    --mask replaces each secret with a placeholder of the same length, equal for equal secrets, and
    marks it in the capture. A body with a Content-Encoding is kept decoded if it has secrets.
    Captures without an end are left as they are.

    \b
    Example:
        ssetape scan
        ssetape scan --mask captures
        ssetape scan captures --json
        ssetape scan --mask --name oai-device-id captures
    """
    if mask and "-" in paths:
        raise click.UsageError("--mask changes files, but - is stdin")
    also_mask(names)
    problems: list[str] = []
    captures = list(open_each(paths, problems))
    for problem in problems:
        note(problem)
    all_read = not problems
    failed, unended = _mask(captures) if mask else (set(), set())
    all_read &= not failed
    findings: list[tuple[str, FoundSecret]] = []
    for capture in captures:
        try:
            # Opened again, as masking may have changed the file.
            for finding in scan(Capture(capture.path) if mask else capture):
                findings.append((capture.name, finding))
        except SsetapeError as error:
            if capture.path not in failed:  # else it has been reported
                text = str(error)
                note(text if text.startswith(capture.name) else f"{capture.name}: {text}")
            all_read = False
        else:
            if capture.path in unended:
                note(f"{capture.name}: not masked: it has no end, so it may still be recording")
    for name, finding in findings if as_json else ():
        fields = finding._asdict()
        json_line({"path": name, "t": fields.pop("t_s"), **fields})
    if findings and not as_json:
        _print(findings)
    note(f"captures: {len(captures)}, likely secrets: {len(findings)}")
    if findings or not all_read:
        sys.exit(1)


def _mask(captures: list[Capture]) -> tuple[set[Path], set[Path]]:
    """Mask what can be masked; return what could not be read or written, and what has no end."""
    failed: set[Path] = set()
    unended: set[Path] = set()
    try:
        salt = user_salt()
    except OSError as error:
        raise click.ClickException(f"cannot store a salt for the placeholders: {error}") from error
    for capture in captures:
        try:
            if capture.end is None:
                unended.add(capture.path)
                continue
            count, problem = mask_capture(capture.path, salt)
        except (SsetapeError, OSError, ValueError, LookupError, TypeError) as error:
            note(f"{capture.name}: not masked, left unchanged: {error}")
            failed.add(capture.path)
        else:
            if problem:
                note(f"{capture.name}: {problem}")
                failed.add(capture.path)
            if count:
                note(f"{capture.name}: masked in {count} place{'s' * (count != 1)}")
    return failed, unended


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
    headings = ("shape", "begins", "in", "time", "file")
    long = {"shape": 16, "begins": 12, "in": 20}
    table(headings, rows, ("time",), long, gives_way=("time", "begins"), path="file")
