"""`ssetape view`: show captures on a local page."""

import os
import secrets
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import click

from ssetape.cli.options.captures import paths_of
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.extras import require_page
from ssetape.cli.running import opening, viewer
from ssetape.cli.terminal.output import note

_DEFAULT_PORT = 8901
# Nobody guesses 24 bytes.
_TOKEN_BYTES = 24


@click.command()
@click.argument("paths", nargs=-1, type=CAPTURE, metavar="[PATH]...")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--open/--no-open", "opens", default=True, show_default=True, help="Open the page in a browser."
)
@click.option(
    "--no-token",
    is_flag=True,
    help="Need no token: all users of this machine can read the captures.",
)
@click.option("--until-stdin-ends", is_flag=True, hidden=True)
def command(
    paths: tuple[str, ...], port: int, opens: bool, no_token: bool, until_stdin_ends: bool
) -> None:
    """Show captures from files, and from folders at any depth, on a local page; by default, those
    in ./captures.

    The page lists captures, new ones as they appear, and shows each event by event, even during
    recording; it compares two captures, and starts replays. It serves this machine only, and loads
    nothing from elsewhere. Its URL has a token, without which no other user of the machine gets in.
    Ctrl-C stops it.

    \b
    Example:
        ssetape view
        ssetape view --port 0 --no-open answer.ssetape
    """
    require_page()
    from ssetape.cli.running.replays import ReplaysOfCaptures
    from ssetape.web import listing, serving

    paths = paths_of(paths)
    listed = listing.Listing(paths)
    alone = Path(paths[0]) if len(paths) == 1 and Path(paths[0]).is_file() else None

    def ready(url: str) -> None:
        if alone is not None:
            url += f"captures/{listing.key_of(alone)}"
        if token is not None:
            url += f"?token={token}"
        note(f"the captures are at {url}")
        if opens and _has_screen():
            stack.enter_context(opening.opened(url))
        if until_stdin_ends:
            viewer.end_with_stdin()
        else:
            note("Ctrl-C stops it")

    token = None if no_token else secrets.token_urlsafe(_TOKEN_BYTES)
    with closing(ReplaysOfCaptures()) as replays, ExitStack() as stack:
        if alone is not None:
            listed.look()
        serving.serve(listed, replays, port, ready, token)


def _has_screen() -> bool:
    """Whether there is a screen; without one, a browser for the terminal would start."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
