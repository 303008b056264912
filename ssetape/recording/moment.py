"""When a capture was recorded, by the name of its file.

Apart from how names are made, which takes longer to import than a list of captures to read.
"""

import re

_MOMENT = re.compile(r"(?:^|-)([0-9]{8}-[0-9]{6})-")


def moment_of(name: str) -> str:
    """When the capture of this name was recorded, as sortable text; "" if the name does not say."""
    found = _MOMENT.search(name)
    return found[1] if found else ""
