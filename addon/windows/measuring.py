"""Measures captures for the comments of flows; needs what ssetape installs."""

from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.protocols import all_protocols
from ssetape.showing import stats


def measured(path: Path) -> dict[str, Any]:
    """The object that `ssetape stats --json` prints of a capture.

    Raises:
        CaptureError: it cannot be read.
    """
    return stats.fields(Capture(path).measure())


def get_ready() -> None:
    """Load what the first measurement would load, so that it is as fast as the others.

    Raises:
        SsetapeError: a protocol of another package cannot be loaded.
    """
    all_protocols()
