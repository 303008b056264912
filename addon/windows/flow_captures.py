"""Which captures flows have, for mitmproxy's commands."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mitmproxy import exceptions, flow, http

from ssetape.output.printable import printable
from ssetape.recording import recording

from ..recorder import flows

# A status bar has room for one line.
_TITLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class FlowCapture:
    """The capture of a flow.

    Attributes:
        size_bytes: of the file, so far.
        is_live: whether it is still being recorded.
    """

    path: Path
    size_bytes: int
    is_live: bool


def of_flows(chosen: Sequence[flow.Flow]) -> tuple[list[FlowCapture], list[str]]:
    """The captures of flows, in their order, and why other flows have none.

    Raises:
        CommandError: no flow has one.
    """
    if not chosen:
        raise exceptions.CommandError(
            "no flow is chosen: name some, such as @focus or ~comment ttft"
        )
    found: list[FlowCapture] = []
    problems: list[str] = []
    for each in chosen:
        try:
            found.append(_of(each))
        except exceptions.CommandError as error:
            problems.append(str(error))
    if not found:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise exceptions.CommandError(f"{problems[0]}{more}")
    return found, problems


def path_of(chosen: flow.Flow) -> Path | None:
    """The file that a flow was recorded to, which may be gone; None if it was not recorded."""
    noted = chosen.metadata.get(flows.RECORDED)
    # The flow may come from a file, and that from anywhere.
    path = noted.get("capture") if isinstance(noted, dict) else None
    return Path(path) if isinstance(path, str) and path and "\0" not in path else None


def _of(chosen: flow.Flow) -> FlowCapture:
    path = path_of(chosen)
    if path is None:
        raise exceptions.CommandError(
            f"{_title(chosen)}: not recorded: ssetape records streams, and with "
            f"--set tape_all=true all responses"
        )
    try:
        found = path.stat()
    except OSError as error:
        raise exceptions.CommandError(
            f"{_title(chosen)}: its capture is gone: {printable(str(path))}: {error.strerror}"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise exceptions.CommandError(
            f"{_title(chosen)}: its capture is no file: {printable(str(path))}"
        )
    return FlowCapture(path, found.st_size, chosen.id in recording.live)


def _title(chosen: flow.Flow) -> str:
    if not isinstance(chosen, http.HTTPFlow):
        return f"this {chosen.type} flow"
    return printable(flows.title(chosen))[:_TITLE_CHARACTERS]
