"""YAML that nobody vouches for: no classes, and no more than so much of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

MAX_DEPTH, MAX_NODES, MAX_DOCUMENTS = 60, 200_000, 2_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ERRORS = (yaml.YAMLError, RecursionError, ValueError, TypeError, OverflowError)


def documents(text: str) -> list[Any]:
    """Every document up to the first that is no YAML, is nested absurdly, or grows by aliases.

    A few lines of aliases can stand for gigabytes, or for themselves.
    """
    found: list[Any] = []
    try:
        for value in _documents(text):
            found.append(value)
            if len(found) >= MAX_DOCUMENTS:
                break
    except _ERRORS:
        pass
    return found


def _documents(text: str) -> Iterator[Any]:
    good = _harmless(text)
    loader = _LOADER(text.removeprefix("\ufeff"))
    try:
        while good and loader.check_node():
            node = loader.get_node()
            _expanded(node, {})
            yield loader.construct_document(node)
            good -= 1
    finally:
        loader.dispose()


def _harmless(text: str) -> int:
    """How many documents can be composed: looked at event by event, since the loader's own stack
    is the machine's."""
    depth = whole = 0
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), _LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            whole += isinstance(event, yaml.DocumentEndEvent)
            if depth > MAX_DEPTH or whole >= MAX_DOCUMENTS:
                break
    except _ERRORS:
        pass
    return whole


def _expanded(node: Any, sizes: dict[int, int]) -> int:  # noqa: ANN401
    """A node's size with its aliases written out. Raises ValueError where that has no end."""
    if id(node) in sizes:
        known = sizes[id(node)]
        if not known:
            raise ValueError("an alias that stands for itself")
        return known
    sizes[id(node)] = 0
    size = 1
    if isinstance(node, yaml.MappingNode):
        size += sum(_expanded(one, sizes) for pair in node.value for one in pair)
    elif isinstance(node, yaml.SequenceNode):
        size += sum(_expanded(one, sizes) for one in node.value)
    if size > MAX_NODES:
        raise ValueError("too much")
    sizes[id(node)] = size
    return size


def mapping(text: str) -> dict[str, Any] | None:
    """The first document of a text, as Kubernetes' programs read a file; None where it is no
    mapping."""
    found = documents(text)
    return found[0] if found and isinstance(found[0], dict) else None


def texts(value: object) -> list[str]:
    """The texts of a list; numbers and the rest are left out."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
