import subprocess
import sys

SCRIPT = """
import gc
from ssetape.cli.running.collector import spare_streams

ages = []
gc.callbacks.append(lambda phase, info: ages.append(info["generation"]))
spare_streams()
ages.clear()
kept = [[] for _ in range(200_000)]
print(gc.get_freeze_count() > 10_000, set(ages))
"""


def test_only_young_objects_are_looked_at_while_streams_come() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True {0}\n", "")
