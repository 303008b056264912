"""Finds the data that the project does not own: `shared/data` beside the checkout.

It is never copied into the project. Where it is absent its tests are skipped and say so.
"""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def cases(name: str, key: str = "name") -> list[Any]:
    """The cases in the JSON list `name`, as parameters of a test, named by their `key`."""
    path = FOLDER / name
    if not path.exists():
        skip = pytest.mark.skip(reason=f"there is no ../shared/data/{name} beside the checkout")
        return [pytest.param({}, id=name, marks=skip)]
    return [pytest.param(case, id=case[key]) for case in json.loads(path.read_bytes())]
