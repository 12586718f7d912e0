"""Values as they stand in a profile: at their place, and with the quotes that YAML needs."""

from __future__ import annotations

import copy
import re
from typing import Any

import yaml

from imagegen.knowledge.pages import FieldPage

# a key for those that may be chosen freely
_KEYS = {"os.sysctls": "vm.max_map_count", "kubeProxy.config.featureGates": "ContextualLogging"}
# what a YAML 1.1 reader may take for something other than text
_ODD = re.compile(r"([-+.]?[0-9][0-9._:xobe+]*|[0-9]{4}-[0-9].*|~|y|n|yes|no|on|off|true|"
                  r"false|null|)\Z", re.I)


def example(path: str, page: FieldPage) -> dict[str, Any]:
    """A page's example in its sections, with what goes beside it."""
    data: dict[str, Any] = {}
    put_example(data, path, page)
    return data


def put_example(data: dict[str, Any], path: str, page: FieldPage) -> None:
    """Set a page's example, and what goes beside it, in a profile's data."""
    for other, value in {**page.beside, path: page.example}.items():
        put(data, other, copy.deepcopy(value))


def put(data: dict[str, Any], path: str, value: object) -> None:
    """Set one value by its dotted path; `[]` is a list's first item, `*` a key that fits."""
    *parents, last = path.split(".")
    place, walked = data, list[str]()
    for part in parents:
        place = _below(place, part, walked)
        walked.append(part)
    place[_key(last, walked)] = value


def _below(place: dict[str, Any], part: str, walked: list[str]) -> dict[str, Any]:
    if part.endswith("[]"):
        items: list[dict[str, Any]] = place.setdefault(part.removesuffix("[]"), [])
        if not items:
            items.append({})
        return items[0]
    below: dict[str, Any] = place.setdefault(_key(part, walked), {})
    return below


def _key(part: str, walked: list[str]) -> str:
    return _KEYS.get(".".join(walked), "name") if part == "*" else part


class _Plain(yaml.SafeDumper):
    """Block style, quotes where a reader may stumble, literal blocks for several lines."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """List items stand deeper than their key."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        """What stands twice is written twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    lines = "\n" in text and all(line == line.rstrip() for line in text.splitlines())
    style = "|" if lines else '"' if _ODD.match(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def as_yaml(data: object) -> str:
    """Data as YAML that a person would write. Ends with a newline."""
    return str(yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=90))
