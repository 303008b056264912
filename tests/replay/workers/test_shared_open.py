import subprocess
import sys

from ssetape.replay.workers.shared_open import SharedOpen

PROGRAM = """
import os
from ssetape.replay.workers.shared_open import SharedOpen

shared = SharedOpen(3)
for place in (0, 2):
    pid = os.fork()
    if not pid:
        shared.note(place, 100 + place)
        os._exit(0)
    os.waitpid(pid, 0)
print(shared.total())
"""


def test_it_is_the_sum_of_what_each_has() -> None:
    shared = SharedOpen(2)
    assert shared.total() == 0
    shared.note(0, 3)
    shared.note(1, 4)
    shared.note(0, 2)
    assert shared.total() == 6


def test_forked_processes_see_each_others() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "202\n"
