"""Where in a part of the user-data a lint has found something.

The lints say the way to it in the part's own document, as keys and indices that go on behind the
path of its `content`; here that becomes the character of the text.
"""

from __future__ import annotations

import dataclasses

import yaml

from imagegen.profile.cloud_init import Part
from imagegen.profile.content import LINE_END, Scalar, place_in
from imagegen.profile.problem import Problem

# cloudInit, parts, the index, content
_CONTENT = 4


def composed(text: str) -> yaml.Node | None:
    """A document's nodes, each with where it stands."""
    node: yaml.Node | None = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return node


def broken_at(text: str) -> int:
    """The character that YAML's reader stops at; the first one where it reads all."""
    try:
        composed(text)
    except yaml.MarkedYAMLError as error:
        # what is never closed is missed at the very end, behind the last line
        return min(error.problem_mark.index if error.problem_mark else 0, len(text.rstrip()))
    except (yaml.YAMLError, ValueError, RecursionError):
        return 0
    return 0


def in_part(part: Part, problem: Problem) -> Problem:
    """A finding at its place in the text of a part."""
    path, way = problem.path[:_CONTENT], problem.path[_CONTENT:]
    if not way:
        return problem
    return dataclasses.replace(problem, path=path, of_key=False,
                               at=character(part.content, way, problem.at, problem.of_key))


def character(text: str, way: tuple[str | int, ...], at: int | None = None,
              of_key: bool = False) -> int | None:
    """Where a key or a value stands, or the nearest that is there around it.

    `at` is a character of the value, where that is a text.
    """
    node, key = composed(text), None
    for step in way:
        found = _step(node, step)
        if found is None:
            break
        key, node = found
    shown = key if of_key and key is not None else node
    if shown is None:
        return None
    inner = _inner(text, shown, at)
    begin: int = shown.start_mark.index
    return begin if inner is None else inner


def node_at(document: yaml.Node | None, way: tuple[str | int, ...]) -> yaml.Node | None:
    """The node at the end of a way; None where the document has none there."""
    node = document
    for step in way:
        found = _step(node, step)
        if found is None:
            return None
        node = found[1]
    return node


def _step(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Key and value in a mapping, where YAML takes the last one of a name; or an item of a list."""
    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in reversed(node.value) if pair[0].value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return None, node.value[step]
    return None


def _inner(text: str, node: yaml.Node, at: int | None) -> int | None:
    """A character of a text within the part's document; None where it is not there as it is."""
    if at is None or not isinstance(node, yaml.ScalarNode):
        return None
    lines, mark = LINE_END.split(text), node.start_mark
    found = place_in(lines, Scalar(mark.line, mark.column, node.style or "", node.value), at)
    if found is None:
        return None
    ends = [0, *(end.end() for end in LINE_END.finditer(text))]
    return ends[found[0]] + found[1]
