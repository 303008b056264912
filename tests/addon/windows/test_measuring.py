import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from ssetape.addon.windows.measuring import measured
from ssetape.cli import main


def test_it_is_the_object_of_stats_json(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.5, b"data: 1\n\n"), (1.5, b"data: 2\n\n")], end_s=2.0)
    printed = json.loads(CliRunner().invoke(main, ["stats", "--json", str(path)]).stdout)
    assert json.loads(json.dumps(measured(path))) == printed
