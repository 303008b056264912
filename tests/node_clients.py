"""Runs the programs of js/, with the packages in `$SSETAPE_NODE_MODULES`."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

TIMEOUT_S = 120.0  # for what should never happen; no test waits for it


def node(program: str, package: str, arguments: object) -> Any:
    """What one of js/*.mjs prints; skips without Node or its package."""
    modules = Path(os.environ.get("SSETAPE_NODE_MODULES", "nowhere"))
    if shutil.which("node") is None or not (modules / package).is_dir():
        pytest.skip(f"no node, or no {package} in $SSETAPE_NODE_MODULES: npm install {package}")
    # Node looks for packages beside the program.
    source = Path(__file__).parent / "js" / f"{program}.mjs"
    copy = modules.parent / f"ssetape-{os.getpid()}-{program}.mjs"
    copy.write_bytes(source.read_bytes())
    try:
        done = subprocess.run(
            ["node", str(copy), json.dumps(arguments)],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    finally:
        copy.unlink()
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)
