"""YAML that nobody vouches for: no aliases, no classes, no more than so much of it."""

from __future__ import annotations

from typing import Any

import yaml

MAX_DEPTH = 60
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def documents(text: str) -> list[Any]:
    """Every document; none where it is no YAML, nested absurdly, or holds an alias.

    A few lines of aliases can stand for gigabytes, or for themselves.
    """
    try:
        return list(yaml.load_all(text, _LOADER)) if _harmless(text) else []
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return []


def _harmless(text: str) -> bool:
    """Looked at event by event, since the loader's own stack is the machine's."""
    depth = 0
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or isinstance(event, yaml.AliasEvent):
            return False
    return True


def mapping(text: str) -> dict[str, Any] | None:
    """The one mapping of a text; None where it is anything else."""
    found = documents(text)
    return found[0] if len(found) == 1 and isinstance(found[0], dict) else None


def texts(value: object) -> list[str]:
    """The texts of a list; numbers and the rest are left out."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
