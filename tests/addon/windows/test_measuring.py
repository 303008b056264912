import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from ssetape.addon.windows.measuring import measured
from ssetape.cli import main


def test_it_is_the_object_of_stats_json(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.5, b"data: 1\n\n"), (1.5, b"data: 2\n\n")], end_s=2.0)
    printed = json.loads(CliRunner().invoke(main, ["stats", "--json", str(path)]).stdout)
    assert json.loads(json.dumps(measured(path))) == printed


def test_a_first_measurement_has_nothing_left_to_load(capture_file: Callable[..., Path]) -> None:
    path = capture_file([(0.5, b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')])
    program = f"""
import sys, pathlib
from ssetape.addon.windows import measuring
measuring.get_ready()
before = set(sys.modules)
measuring.measured(pathlib.Path({str(path)!r}))
print(sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
