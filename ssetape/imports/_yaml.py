"""Reads untrusted YAML whose aliases cannot unfold to more than the file deserves."""

from typing import Any

import yaml

from ssetape.errors import SourceError

# The C parser is ten times as fast, but not in every build of PyYAML.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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
