"""What the tests of tap share: a browser made of events."""

import sys
from pathlib import Path

# pytest's importlib mode puts nothing on the path, so not devtools.py either.
sys.path.append(str(Path(__file__).parent))
