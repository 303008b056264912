import re

import click
import pytest

from ssetape.cli.options.pattern import compiled_pattern


def test_a_pattern_is_compiled_and_a_wrong_one_named() -> None:
    assert compiled_pattern("A+", "--grep", re.IGNORECASE).fullmatch("aa")
    with pytest.raises(click.UsageError, match=r"--grep '\(': missing \)"):
        compiled_pattern("(", "--grep")
