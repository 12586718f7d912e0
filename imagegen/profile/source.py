"""YAML read with every value's place, and none of YAML 1.1's surprises."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from imagegen.common.errors import InputError, InputErrors, Place

Path = tuple[str | int, ...]
MAX_NODES = 20_000
MAX_DEPTH = 40

# What YAML 1.1 readers take for something other than the text that stands there.
_SURPRISES = (
    (re.compile(r"(yes|no|on|off|y|n)\Z", re.I), "YAML 1.1 reads it as true or false"),
    (re.compile(r"[-+]?0[0-7_]+\Z"), "YAML 1.1 reads it as an octal number"),
    (re.compile(r"0o[0-7]+\Z"), "only YAML 1.2 reads it as an octal number"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+\Z"), "YAML 1.1 reads it as a base-60 number"),
    (re.compile(r"[-+]?0x[0-9a-fA-F_]+\Z"), "it is read as a hexadecimal number"),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*\Z"), "YAML 1.1 drops the underscores"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z"), "YAML reads it as a date"),
)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+[eE][-+]?[0-9]+|"
                    r"[0-9]+\.[0-9]*[eE][-+]?[0-9]+|\.inf|\.nan)\Z", re.I)
_NULL = re.compile(r"(~|null|)\Z", re.I)
_BOOL = re.compile(r"(true|false)\Z", re.I)


@dataclass(slots=True)
class Source:
    """A document: its plain value, and where each key and value stands."""

    name: str
    lines: list[str]
    value: Any = None
    keys: dict[Path, yaml.Mark] = field(default_factory=dict)
    values: dict[Path, yaml.Mark] = field(default_factory=dict)
    raw: dict[Path, str] = field(default_factory=dict)

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Where a path stands, or the nearest ancestor that the document has."""
        marks = self.keys if of_key else self.values
        while path and path not in marks:
            path = path[:-1]
            marks = self.keys | self.values
        mark = marks.get(path) or self.values.get(())
        return self.at(mark)

    def at(self, mark: yaml.Mark | None) -> Place:
        """A parser's mark as a place."""
        line, column = (mark.line, mark.column) if mark else (0, 0)
        text = self.lines[line] if line < len(self.lines) else ""
        return Place(self.name, line + 1, column + 1, text)


def read_source(name: str, data: bytes) -> Source:
    """The document in `data`. Raises InputError with a place for whatever is not plain YAML."""
    text = _decoded(name, data)
    source = Source(name, text.splitlines())
    node = _composed(source, text)
    if node is None:
        raise InputError(f"{name} is empty", hint="`imagegen render profiles/quickstart.yaml` "
                         "shows a profile at work; start from a copy of it")
    walk = _Walk(source)
    source.value = walk.value(node, ())
    if walk.errors:
        raise walk.errors[0] if len(walk.errors) == 1 else InputErrors(walk.errors)
    return source


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name}:{line}: byte {data[error.start]:#04x} is not UTF-8",
                         hint="save the file as UTF-8") from None


def _composed(source: Source, text: str) -> yaml.Node | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        raise InputError(f"{source.name}: the character {error.character!r} is not allowed in YAML",
                         hint="write it as an escape inside double quotes") from None
    except yaml.MarkedYAMLError as error:
        raise InputError(_problem(error), where=source.at(error.problem_mark),
                         hint=_hint(error, source)) from None
    except RecursionError:
        raise InputError(f"{source.name} is nested too deeply") from None
    return node


def _problem(error: yaml.MarkedYAMLError) -> str:
    context = f"{error.context}: " if error.context else ""
    return f"this is not YAML: {context}{error.problem}"


def _hint(error: yaml.MarkedYAMLError, source: Source) -> str:
    line = source.at(error.problem_mark).text
    if "\t" in line[: len(line) - len(line.lstrip())] or "\\t" in str(error.problem):
        return "YAML does not allow tabs as indentation; use spaces"
    if "single document" in str(error.context):
        return "a profile is one document; put the second one into a file of its own"
    return "check the indentation, the colons and the quotes near this place"


class _Walk:
    """One pass over the nodes: plain values out, places and errors noted on the way."""

    def __init__(self, source: Source) -> None:
        self.source, self.errors, self.count = source, list[InputError](), 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.count += 1
        if self.count > MAX_NODES or len(path) > MAX_DEPTH:
            raise InputError("the document is too large (aliases that multiply, or deep nesting)",
                             where=self.source.at(node.start_mark))
        self.source.values.setdefault(path, node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in result:
                first = self.source.keys[(*path, key)].line + 1
                self._error(f"the key `{key}` stands here a second time (first in line {first})",
                            key_node, "keep one of them; YAML would silently keep the last")
                continue
            self.source.keys[(*path, key)] = key_node.start_mark
            result[key] = self.value(value_node, (*path, key))
        return result

    def _key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:merge":
            return str(node.value)
        self._error("this key is not plain text", node, "write the key as a word")
        return f"?{node.start_mark.line}:{node.start_mark.column}"

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        text: str = node.value
        self.source.raw[path] = text
        if node.style:  # type: ignore[attr-defined]  # plain is '' from libyaml, None from Python
            return text
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._error(f"the tag `{node.tag}` is not allowed", node, "remove it")
        for pattern, why in _SURPRISES:
            if pattern.match(text):
                self._error(f"`{text}` without quotes is a trap: {why}", node,
                            f'if you mean the text, write "{text}"; else true, false '
                            "or a plain decimal number")
                return text
        return _plain(text)

    def _error(self, what: str, node: yaml.Node, hint: str) -> None:
        self.errors.append(InputError(what, where=self.source.at(node.start_mark), hint=hint))


def _plain(text: str) -> Any:
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    if _INT.match(text) and len(text) < 20:
        return int(text)
    if _FLOAT.match(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
