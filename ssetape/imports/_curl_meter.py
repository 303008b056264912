"""What curl writes of its progress without -s: over and over, before whatever comes next.

It goes to stderr: a file has it behind `2>&1`, in front of and between the pieces of a body.
"""

import re

METER_HEAD = re.compile(rb"\s*(?:% Total|Dload  Upload)")
# The speed at its end is five characters wide.
METER = re.compile(
    rb"\r[ 0-9.kMG]+ [-0-9:]+ +[-0-9:]+ +[-0-9:]+ (?= *[0-9.]+[kMGTP]?).{5}(?:\r(?=\n))?"
)
_HEADS = re.compile(rb"[^\r\n]*% Total[^\r\n]*\r?\n[^\r\n]*Dload  Upload[^\r\n]*\r?\n")
_END = re.compile(METER.pattern + rb"\r?\n\Z")


def without_meter(data: bytes) -> bytes:
    """The output without the progress, if it begins with it."""
    heads = _HEADS.match(data)
    if heads is None:
        return data
    return METER.sub(b"", _END.sub(b"", data[heads.end() :]))
