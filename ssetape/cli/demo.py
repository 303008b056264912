"""`ssetape demo`: every step on streams of the built-in sample server, without a network."""

import os
import shlex
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from ssetape.cli.options.paths import PATH
from ssetape.errors import RecordError
from ssetape.library import find


@click.command()
@click.option(
    "-o", "folder", type=PATH, metavar="DIR", help="Keep the captures in DIR, a new folder."
)
def command(folder: str | None) -> None:
    """Record, list, show, replay and verify streams of a sample server, without a network.

    The sample server, a real mitmproxy and the replay all run on this machine. Takes about 15
    seconds. Exits with 1 if a replay differs from its recording.

    \b
    Example:
        ssetape demo
        ssetape demo -o demo-captures
    """
    from ssetape.samples import fetch, server

    if folder is not None and Path(folder).exists():
        raise click.UsageError(f"{folder} already exists: choose a new folder")
    with ExitStack() as stack:
        if folder is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ssetape-demo-"))
        sample_server = stack.enter_context(server.SampleServer())
        click.secho(f"A sample server streams at {sample_server.url}:", bold=True)
        for path, _, about in fetch.REQUESTS:
            click.echo(f"  {path:<16} {about}")

        client = ["python", "-m", "ssetape.samples.fetch", sample_server.url]
        title = "Record them, with an ordinary client:"
        if _step(title, "record", "-o", folder, "--", *client):
            raise RecordError("the demo could not record: see above")
        _step("List the captures:", "ls", folder)
        tour = next(path for path in find([folder]) if "tour" in path.name)
        _step("Show the events of one capture, each with its time:", "show", str(tour))
        title = "Replay each over a real socket, in real time, and compare with the recording:"
        code = _step(title, "verify", folder)

        click.secho("\nNext, with your own streams:", bold=True)
        click.echo("  ssetape record -- curl -N https://...   # or any other program")
        click.echo("  ssetape replay captures                 # the same streams, offline")
        sys.exit(code)


def _step(title: str, *words: str) -> int:
    """Run a verb as a program, as a user would; return its exit code."""
    click.secho(f"\n{title}", bold=True)
    click.secho(f"$ ssetape {shlex.join(words)}", dim=True)
    sys.stdout.flush()
    # This Python, even if `python` on the PATH is another one.
    arguments = [sys.executable if word == "python" else word for word in words]
    # And this `ssetape`, even if the working folder is a clone with its own.
    return subprocess.run(
        [sys.executable, "-m", "ssetape", *arguments],
        env={**os.environ, "PYTHONSAFEPATH": "1"},
        check=False,
    ).returncode
