"""Reads untrusted YAML whose aliases cannot unfold to more than the file deserves.

No tag makes an object: a node with a tag of Python's or Ruby's is the plain value that it has.
"""

import re
from base64 import b64decode
from typing import Any

import yaml

from ssetape.errors import SourceError

# The C parser is ten times as fast, but not in every build of PyYAML.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Resolves only what every version of YAML takes for the same.

    `no`, `12:30` and dates are text to YAML 1.2, in which JavaScript writes, and not to 1.1.
    """

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
    ("merge", "<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


def _plain(loader: Any, suffix: str, node: Any) -> Any:
    """The value of a node without its tag; of a call, its only argument."""
    if isinstance(node, yaml.ScalarNode):
        is_base64 = suffix == "python/bytes"
        return _binary(loader, node) if is_base64 else loader.construct_scalar(node)
    if isinstance(node, yaml.MappingNode):
        found = loader.construct_mapping(node, deep=True)
        # A call of Python's with all its parts, or a string of Ruby's that has variables.
        key = next((key for key in _CONTENT if _CALL.match(suffix) and key in found), None)
        if key is None:
            return found
        found = found[key]
        is_first = isinstance(found, list) and (len(found) == 1 or (found and key == "state"))
        return found[0] if is_first else found
    found = loader.construct_sequence(node, deep=True)
    return found[0] if _CALL.match(suffix) and len(found) == 1 else found


def _binary(loader: Any, node: Any) -> bytes:
    """Ruby's `!binary`: bytes in base64."""
    return b64decode(loader.construct_scalar(node))


# Where the value is: a file in memory has it first in its state.
_CONTENT = ("args", "str", "string", "state")
_CALL = re.compile(r"(?:tag:yaml\.org,2002:)?!?(?:python/object/(?:apply|new):|ruby/string)")
_Loader.add_constructor("!binary", _binary)
_Loader.add_multi_constructor("!", _plain)
_Loader.add_multi_constructor(
    "tag:yaml.org,2002:python/",
    lambda loader, suffix, node: _plain(loader, f"python/{suffix}", node),
)
_Loader.add_multi_constructor("tag:ruby.yaml.org,2002:", _plain)

# vcrpy writes an alias where two requests share an object, so a file may grow, but not by much.
# A few hundred bytes of aliases within aliases are gigabytes otherwise.
FREE_CHARACTERS = 16 * 1024 * 1024
UNFOLDED_TIMES = 10
_INTEGER = "tag:yaml.org,2002:int"
_DIGITS = 100  # Python refuses to print integers of more than 4,300


def parse_yaml(data: bytes) -> Any:
    """Parse YAML.

    Raises:
        SourceError: it is not YAML, or too deep, or its aliases unfold to too much.
    """
    try:
        loader = _Loader(data)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check(node, max(FREE_CHARACTERS, UNFOLDED_TIMES * len(data)))
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError as error:
        raise SourceError("the YAML is nested too deeply to be read") from error
    except SourceError:
        raise
    except Exception as error:  # its constructors check little: a bad date is an AttributeError
        words = " ".join(str(error).split())
        raise SourceError(f"the file is not YAML, or is incomplete: {words:.300}") from error


def _check(root: Any, limit_characters: int) -> None:
    """Check what a document comes to with its aliases unfolded, without unfolding them."""
    sizes: dict[int, int | None] = {}  # None while a node is being counted

    def size_of(node: Any) -> int:
        known = sizes.get(id(node), 0)
        if known is None:
            raise SourceError("an alias of the YAML contains itself")
        if known:
            return known
        sizes[id(node)] = None
        size = 1
        if isinstance(node, yaml.ScalarNode):
            if node.tag == _INTEGER and len(node.value) > _DIGITS:
                raise SourceError(f"the YAML has an integer of {len(node.value)} digits")
            size += len(node.value)
        elif isinstance(node, yaml.SequenceNode):
            size += sum(map(size_of, node.value))
        else:
            size += sum(size_of(name) + size_of(value) for name, value in node.value)
        sizes[id(node)] = size
        return size

    if size_of(root) > limit_characters:
        raise SourceError(
            f"the aliases of the YAML unfold to more than {limit_characters >> 20} MiB: if the "
            f"file is to be trusted, write it without aliases, or split it"
        )
