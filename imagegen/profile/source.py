"""YAML read with every value's place, and none of YAML 1.1's surprises."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from imagegen.common.errors import InputError, Place
from imagegen.profile.content import LINE_END, Scalar, place_in
from imagegen.profile.fields import brief, shown

Path = tuple[str | int, ...]
# the key that names the files that a document builds on; it is the document's, not the model's
EXTENDS = "extends"
MAX_NODES = 20_000
MAX_DEPTH = 40
START = "`imagegen init` writes a profile; `imagegen profile quickstart` prints a small one"

# What YAML 1.1 readers take for something other than the text that stands there.
_SURPRISES = tuple(
    (re.compile(pattern, re.I), rule, why) for pattern, rule, why in (
        (r"(yes|no|on|off|y|n)\Z", "yaml-boolean", "YAML 1.1 reads it as true or false"),
        (r"[-+]?0[0-7_]+\Z", "yaml-octal", "YAML 1.1 reads it as an octal number"),
        (r"0o[0-7]+\Z", "yaml-octal", "only YAML 1.2 reads it as an octal number"),
        (r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9_]*)?\Z", "yaml-sixties",
         "YAML 1.1 counts it in sixties"),
        (r"[-+]?0x[0-9a-f_]+\Z", "yaml-hexadecimal", "it is read as a hexadecimal number"),
        (r"[-+]?0b[01_]+\Z", "yaml-binary", "YAML 1.1 reads it as a binary number"),
        (r"[-+]?[0-9][0-9_]*_[0-9_]*\Z", "yaml-underscores", "YAML 1.1 drops the underscores"),
        (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t ].*)?\Z", "yaml-date", "YAML reads it as a date"),
    )
)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+[eE][-+]?[0-9]+|"
                    r"[0-9]+\.[0-9]*[eE][-+]?[0-9]+|\.inf|\.nan)\Z", re.I)
_NULL = re.compile(r"(~|null|)\Z", re.I)
_BOOL = re.compile(r"(true|false)\Z", re.I)


_RESOLVER: Any = yaml.resolver.Resolver()
_STRING, _LIST, _MAPPING = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


@dataclass(slots=True)
class Source:
    """A document: its plain value, and where each key and value stands."""

    name: str
    lines: list[str]
    value: Any = None
    keys: dict[Path, yaml.Mark] = field(default_factory=dict)
    values: dict[Path, yaml.Mark] = field(default_factory=dict)
    raw: dict[Path, str] = field(default_factory=dict)
    # how a text is written: `|`, `>`, a quote, or empty for a plain one
    styles: dict[Path, str] = field(default_factory=dict)
    # what is wrong with the YAML itself, and the values that are in doubt for it
    errors: list[InputError] = field(default_factory=list)
    doubtful: set[Path] = field(default_factory=set)
    # in a composed document: all its files, and the one that each path's value comes from
    files: list[str] = field(default_factory=list)
    owners: dict[Path, Source] = field(default_factory=dict)

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Where a path stands, or the nearest ancestor that the document has."""
        marks = self.keys if of_key else self.values
        while path and path not in marks:
            path = path[:-1]
            marks = self.keys | self.values
        mark = marks.get(path) or self.values.get(())
        return self.owners.get(path, self).at(mark)

    def inside(self, path: Path, at: int) -> tuple[Place, bool]:
        """Where a character of a text stands, and whether it is that very place.

        Else it is the place of the text, which may be written otherwise than it is read.
        """
        mark, owner = self.values.get(path), self.owners.get(path, self)
        if mark is None or path not in self.styles:
            return self.place(path), False
        scalar = Scalar(mark.line, mark.column, self.styles[path], self.raw[path])
        found = place_in(owner.lines, scalar, at)
        if found is None:
            return self.place(path), False
        return Place(owner.name, found[0] + 1, found[1] + 1, owner.lines[found[0]]), True

    def adopt(self, path: Path, other: Source) -> None:
        """Take from another document where a path's key and value stand there."""
        for mine, theirs in ((self.keys, other.keys), (self.values, other.values)):
            if path in theirs:
                mine[path] = theirs[path]
        if path in other.raw:
            self.raw[path] = other.raw[path]
            self.styles[path] = other.styles[path]
        if path in other.doubtful:
            self.doubtful.add(path)
        self.owners[path] = other.owners.get(path, other)

    def at(self, mark: yaml.Mark | None) -> Place:
        """A parser's mark as a place."""
        line, column = (mark.line, mark.column) if mark else (0, 0)
        text = self.lines[line] if line < len(self.lines) else ""
        return Place(self.name, line + 1, column + 1, text)


def read_source(name: str, data: bytes) -> Source:
    """The document in `data`, with its traps noted in `errors`.

    Raises InputError with a place where there is no document to read.
    """
    text = _decoded(name, data)
    source = Source(name, LINE_END.split(text), files=[name])
    node = _composed(source, text)
    if node is None:
        raise InputError(f"{name} is empty", hint=START, rule="yaml-empty")
    source.value = _Walk(source).value(node, ())
    return source


def _decoded(name: str, data: bytes) -> str:
    if coding := _wide(data):
        line = LINE_END.split(data.decode(coding, "replace"))[0]
        raise InputError("the file is UTF-16, not UTF-8", hint="save the file as UTF-8",
                         where=Place(name, 1, 1, line), rule="yaml-not-utf8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the byte {data[error.start]:#04x} is not UTF-8", hint="save the file as "
                         "UTF-8", where=_of_byte(name, data, error.start),
                         rule="yaml-not-utf8") from None


def _wide(data: bytes) -> str:
    """The coding of a file whose characters take two bytes each; empty for any other."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if len(data) < 2 or data[:2].count(0) != 1:
        return ""
    return "utf-16-le" if data[1] == 0 else "utf-16-be"


def _of_byte(name: str, data: bytes, offset: int) -> Place:
    before = data[:offset].split(b"\n")
    line = data.split(b"\n")[len(before) - 1].decode(errors="replace")
    return Place(name, len(before), len(before[-1].decode()) + 1, line)


def _composed(source: Source, text: str) -> yaml.Node | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    except yaml.reader.ReaderError:
        raise _odd_character(source) from None
    except yaml.MarkedYAMLError as error:
        if "\ufeff" in text:
            raise _odd_character(source) from None
        raise InputError(_problem(error), where=source.at(error.problem_mark),
                         hint=_hint(error, source), rule=_rule(error, source)) from None
    except RecursionError:
        raise InputError(f"{source.name} is nested too deeply", rule="yaml-too-large") from None
    return node


# YAML 1.1, 5.1: what a document may hold as it is; a byte order mark only where it begins
_ODD = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd"
                  "\U00010000-\U0010ffff]")


_ESCAPE = "write it as an escape inside double quotes"


def _odd_character(source: Source) -> InputError:
    """The reader says which byte it was; a person wants the place."""
    for number, line in enumerate(source.lines):
        if found := _ODD.search(line):
            place = Place(source.name, number + 1, found.start() + 1, line)
            return InputError(f"the character {found[0]!a} is not allowed in YAML", where=place,
                              hint=f'{_ESCAPE}, "\\u{ord(found[0]):04x}", or take it out',
                              rule="yaml-character")
    return InputError(f"{source.name} holds a character that YAML does not allow", hint=_ESCAPE,
                      rule="yaml-character")


def _problem(error: yaml.MarkedYAMLError) -> str:
    context = f"{error.context}: " if error.context else ""
    return f"this is not YAML: {context}{error.problem}"


def _rule(error: yaml.MarkedYAMLError, source: Source) -> str:
    place = source.at(error.problem_mark)
    indent = place.text[: len(place.text) - len(place.text.lstrip())]
    if "\t" in indent + place.text[place.column - 1:place.column] or "\\t" in str(error.problem):
        return "yaml-tab"
    if "nesting" in str(error.problem):
        return "yaml-too-large"
    if "single document" in str(error.context):
        return "yaml-documents"
    return "yaml-syntax"


_HINTS = {
    "yaml-too-large": "write it with fewer levels",
    "yaml-tab": "YAML does not allow tabs as indentation; use spaces",
    "yaml-documents": "a profile is one document; put the second one into a file of its own",
    "yaml-syntax": "check the indentation, the colons and the quotes near this place",
}


def _hint(error: yaml.MarkedYAMLError, source: Source) -> str:
    return _HINTS[_rule(error, source)]


class _Walk:
    """One pass over the nodes: plain values out, places and errors noted on the way."""

    def __init__(self, source: Source) -> None:
        self.source, self.count = source, 0

    def value(self, node: yaml.Node, path: Path) -> object:
        self.count += 1
        if self.count > MAX_NODES or len(path) > MAX_DEPTH:
            raise InputError("the document is too large (aliases that multiply, or deep nesting)",
                             where=self.source.at(node.start_mark), rule="yaml-too-large")
        self.source.values.setdefault(path, node.start_mark)
        if isinstance(node, yaml.MappingNode):
            self._no_tag(node, path, _MAPPING)
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            self._no_tag(node, path, _LIST)
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in result:
                first = self.source.keys[(*path, key)].line + 1
                self._error(f"the key {shown(key)} stands here a second time (first in line "
                            f"{first})", key_node,
                            "keep one of them; YAML would silently keep the last",
                            rule="yaml-duplicate-key")
                continue
            self.source.keys[(*path, key)] = key_node.start_mark
            result[key] = self.value(value_node, (*path, key))
        return result

    def _key(self, node: yaml.Node, path: Path) -> str:
        if isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:merge":
            plain = (True, False) if not node.style else (False, True)
            self._no_tag(node, (*path, node.value),
                         _RESOLVER.resolve(yaml.ScalarNode, node.value, plain))
            return str(node.value)
        unreadable = f"?{node.start_mark.line}:{node.start_mark.column}"
        self.source.doubtful.add((*path, unreadable))
        if isinstance(node, yaml.ScalarNode):
            self._error("YAML's merge key `<<` is not read", node, "write the keys out",
                        rule="yaml-merge-key")
        else:
            braces = isinstance(node, yaml.MappingNode) and node.flow_style
            listed = isinstance(node, yaml.SequenceNode) and node.flow_style
            hint = ("fill in the template's {{ … }} before this file is read" if braces else
                    "put the value in quotes: YAML reads `[` as the beginning of a list" if listed
                    else "write the key as a word")
            self._error("this key is not plain text", node, hint, rule="yaml-key")
        return unreadable

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        text: str = node.value
        self.source.raw[path] = text
        # plain is '' from libyaml, None from Python
        style = node.style or ""  # type: ignore[attr-defined]
        self.source.styles[path] = style
        if style:
            self._no_tag(node, path, _STRING)
            return text
        self._no_tag(node, path, _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)))
        for pattern, rule, why in _SURPRISES:
            if pattern.match(text):
                self.source.doubtful.add(path)
                self._error(f"{shown(text)} without quotes is a trap: {why}", node,
                            f'if you mean the text, write "{brief(text)}"; else true, false '
                            "or a plain decimal number", rule=rule)
                return text
        return _plain(text)

    def _no_tag(self, node: yaml.Node, path: Path, usual: str) -> None:
        """A tag of the user's would be followed by some readers and not by others."""
        if node.tag != usual:
            tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            self.source.doubtful.add(path)
            self._error(f"the tag {shown(tag)} is not allowed", node, "remove it; quotes make text",
                        rule="yaml-tag")

    def _error(self, what: str, node: yaml.Node, hint: str, *, rule: str) -> None:
        self.source.errors.append(
            InputError(what, where=self.source.at(node.start_mark), hint=hint, rule=rule))


def _plain(text: str) -> str | int | float | bool | None:
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    if _INT.match(text):
        # Python refuses to read thousands of digits, and no field takes them
        return int(text) if len(text) < 400 else float("inf")
    if _FLOAT.match(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
