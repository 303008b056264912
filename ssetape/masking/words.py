"""The long words of a text: only they can be keys, or base64 of something."""

import re

# Where a word begins, and the word.
Word = tuple[int, bytes]

# The characters of keys, and of what stands before them in the same word: escapes, URLs.
_CHARACTERS = r"A-Za-z0-9_.~+/=%\\:@-"
_LONG = re.compile(rf"(?<![{_CHARACTERS}])[{_CHARACTERS}]{{16,}}".encode())

# Most words of a stream are identifiers that come with each event: what was found in a word up to
# this size is remembered.
REMEMBERED_BYTES = 256


def long_words(data: bytes) -> list[Word]:
    """Return the words of 16 and more characters."""
    return [(match.start(), match[0]) for match in _LONG.finditer(data)]
