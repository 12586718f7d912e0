"""The YAML in which kubectl, kubeadm, client-go and imagegen write kubeconfigs, and no more of it.

The node's Python has no YAML. Read are block mappings and lists, texts on one line (plain or
quoted), `{}`, `[]`, null and comments; anything else is refused by its line, never guessed.
Plain values stay texts: `true` is "true".
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    Value = Union[str, None, list["Value"], dict[str, "Value"]]
    Line = tuple[int, int, str]  # its number, its indentation, its text

DEEPEST = 20
KEY = re.compile(r"""([A-Za-z_][-A-Za-z0-9_./]*|"[^"\\]*"|'[^']*') *:(?: +|$)""")
SINGLE = re.compile(r"'((?:[^']|'')*)' *(?:(?<= )#.*)?$")
DOUBLE = re.compile(r'("(?:[^"\\]|\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))*")'
                    r" *(?:(?<= )#.*)?$")
COMMENT = re.compile(r" +#.*$")
EMPTY: dict[str, type] = {"{}": dict, "[]": list}
NULLS = ("", "~", "null", "Null", "NULL")
SPECIAL = "&*!|>%@`{}[],#\"'"
# what a line may not hold: the rest of Unicode's line ends and controls
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
WAY_OUT = "write the file with `kubectl config view --raw --flatten -o json`"


def parse(text: str) -> Value:
    """The document. Raises ValueError with a sentence that names the line."""
    lines = _lines(text)
    if not lines:
        return None
    value, at = _block(lines, 0, lines[0][1], 0)
    if at < len(lines):
        raise _refused(lines[at], "does not fit the lines above it")
    return value


def _lines(text: str) -> list[Line]:
    lines: list[Line] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r").rstrip(" ")
        words = line.lstrip(" ")
        if ODD.search(line) or "\t" in line:
            raise _refused((number, 0, ""), "holds a tab or an odd character")
        if words and not words.startswith("#") and not (line == "---" and not lines):
            lines.append((number, len(line) - len(words), words))
    return lines


def _refused(line: Line, why: str) -> ValueError:
    return ValueError(f"line {line[0]} {why}; {WAY_OUT}")


def _block(lines: list[Line], at: int, indent: int, depth: int) -> tuple[Value, int]:
    if depth > DEEPEST:
        raise _refused(lines[at], "lies too deep")
    if _item(lines[at][2]):
        return _list(lines, at, indent, depth)
    return _mapping(lines, at, indent, depth)


def _item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _mapping(lines: list[Line], at: int, indent: int, depth: int) -> tuple[Value, int]:
    found: dict[str, Value] = {}
    while at < len(lines) and lines[at][1] == indent and not _item(lines[at][2]):
        line = lines[at]
        match = KEY.match(line[2])
        if match is None:
            raise _refused(line, "is no `key: value`")
        key = match[1].strip("\"'")
        if key in found:
            raise _refused(line, f"says {key} a second time")
        found[key], at = _value(lines, at, line[2][match.end():], indent, depth, True)
    return found, at


def _list(lines: list[Line], at: int, indent: int, depth: int) -> tuple[Value, int]:
    found: list[Value] = []
    while at < len(lines) and lines[at][1] == indent and _item(lines[at][2]):
        number, _, text = lines[at]
        rest = text[1:].lstrip(" ")
        if KEY.match(rest) or _item(rest):
            # what follows the dash is a block of its own, as deep as it stands
            inner = indent + len(text) - len(rest)
            lines[at] = (number, inner, rest)
            value, at = _block(lines, at, inner, depth + 1)
        else:
            value, at = _value(lines, at, rest, indent, depth, False)
        found.append(value)
    return found, at


def _value(lines: list[Line], at: int, text: str, indent: int, depth: int,
           keyed: bool) -> tuple[Value, int]:
    """What stands behind a key or a dash: on its line, or as a block on the next ones."""
    following = lines[at + 1] if at + 1 < len(lines) else (0, -1, "")
    if text and not text.startswith("#"):
        if following[1] > indent:
            raise _refused(following, "goes on with a text of the line above, or does not fit it")
        return _scalar(text, lines[at]), at + 1
    # kubectl writes the list of a key at the key's own indentation
    same = keyed and following[1] == indent and _item(following[2])
    if following[1] > indent or same:
        return _block(lines, at + 1, following[1], depth + 1)
    return None, at + 1


def _scalar(text: str, line: Line) -> Value:
    single, double = SINGLE.match(text), DOUBLE.match(text)
    if single:
        return single[1].replace("''", "'")
    if double:
        decoded: str = json.loads(double[1])
        return decoded
    plain = COMMENT.sub("", text)
    if plain in EMPTY:
        empty: Value = EMPTY[plain]()
        return empty
    if plain in NULLS:
        return None
    if (plain[0] in SPECIAL or ": " in plain or plain.endswith(":")
            or plain[:2] in ("? ", ": ", "- ") or plain in ("?", "-", "...", "---", "=", "<<")):
        raise _refused(line, "has a form that this check does not read")
    return plain
