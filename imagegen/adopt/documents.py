"""YAML that nobody vouches for: no aliases, no classes, no more than so much of it."""

from __future__ import annotations

from typing import Any

import yaml

MAX_TEXT = 1 << 18


def documents(text: str) -> list[Any]:
    """Every document; none where it is no YAML, too much, or holds an alias.

    A few lines of aliases can stand for gigabytes, or for themselves.
    """
    if len(text) > MAX_TEXT:
        return []
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            return []
        return list(yaml.safe_load_all(text))
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return []


def mapping(text: str) -> dict[str, Any] | None:
    """The one mapping of a text; None where it is anything else."""
    found = documents(text)
    return found[0] if len(found) == 1 and isinstance(found[0], dict) else None


def texts(value: object) -> list[str]:
    """The texts of a list; numbers and the rest are left out."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
