"""Prose beside a label: on a terminal, its further lines begin where the first does."""

import textwrap

from rich.cells import cell_len

from ssetape.cli.terminal.output import terminal_width

# Prose in a narrower column is harder to read than what the terminal makes of it.
_NARROWEST = 24


def hanging(label: str, text: str) -> str:
    """The label and the text as lines that fit the terminal; as one line without a terminal.

    Words are never cut: a path can be copied.
    """
    terminal = terminal_width()
    indent = cell_len(label)
    if terminal is None or terminal - indent < _NARROWEST:
        return f"{label}{text}".rstrip()
    lines = textwrap.wrap(
        text, terminal - indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
    return f"\n{' ' * indent}".join([(label + lines[0]).rstrip(), *lines[1:]])
