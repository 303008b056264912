"""Measures captures for the comments of flows; needs what ssetape installs."""

from pathlib import Path
from typing import Any

from ssetape.capture import Capture
from ssetape.showing import stats


def measured(path: Path) -> dict[str, Any]:
    """The object that `ssetape stats --json` prints of a capture.

    Raises:
        CaptureError: it cannot be read.
    """
    return stats.fields(Capture(path).measure())
