"""Whether stdout has colours."""

import os
import sys


def has_colours() -> bool:
    """Whether stdout is a terminal with colours (https://no-color.org)."""
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return is_wanted and sys.stdout.isatty()
