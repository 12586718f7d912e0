"""How systemd splits and quotes: unit files, command lines, environment files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def settings(text: str, section: str) -> Iterator[tuple[str, str]]:
    """Key and value of a section (systemd.syntax(7)): continued lines joined, comments gone."""
    here = ""
    for line in _lines(text):
        if line.startswith("[") and line.endswith("]"):
            here = line[1:-1]
        elif here == section and "=" in line:
            key, _, value = line.partition("=")
            yield key.strip(), value.strip()


def _lines(text: str) -> Iterator[str]:
    """Logical lines; a comment between two parts of one is passed over."""
    parts: list[str] = []
    for raw in text.split("\n"):
        line = raw.strip()
        if line[:1] in ("#", ";"):
            continue
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        yield " ".join([*parts, line]).strip()
        parts = []
    yield " ".join(parts).strip()


def words(text: str) -> list[str]:
    """A command line's words: blanks part them, quotes hold them together, `\\` escapes."""
    found: list[str] = []
    word: list[str] | None = None
    quote, characters = "", iter(text)
    for char in characters:
        if char.isspace() and not quote:
            found += [] if word is None else ["".join(word)]
            word = None
            continue
        word = [] if word is None else word
        if char == "\\" and quote != "'":
            word.append(_escaped(characters))
        elif quote or char not in "\"'":
            quote = "" if char == quote else quote
            word += [char] if quote or char not in "\"'" else []
        else:
            quote = char
    return found if word is None else [*found, "".join(word)]


def _escaped(characters: Iterator[str]) -> str:
    char = next(characters, "\\")
    if char == "x":
        digits = next(characters, "") + next(characters, "")
        return chr(int(digits, 16)) if re.fullmatch("[0-9a-fA-F]{2}", digits) else f"\\x{digits}"
    return _ESCAPES.get(char, char)


def expanded(command: list[str], values: Mapping[str, str]) -> list[str]:
    """A command line with its variables: `$NAME` as a whole word is split, `${NAME}` is not."""
    found: list[str] = []
    for word in command:
        whole = re.fullmatch(r"\$([A-Za-z_][A-Za-z0-9_]*)", word)
        if whole:
            found += words(values.get(whole[1], ""))
        else:
            parts = (_filled(part, values) for part in word.split("$$"))
            found.append("$".join(parts).replace("%%", "%"))
    return found


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", lambda name: values.get(name[1], ""), text)


def environment(text: str) -> dict[str, str]:
    """An EnvironmentFile= (systemd.exec(5)): quoted values may span lines, `\\` joins lines."""
    found: dict[str, str] = {}
    pending = iter(text.replace("\\\r\n", "").replace("\\\n", "").split("\n"))
    for line in pending:
        key, equals, value = line.strip().partition("=")
        if key[:1] in ("#", ";") or not equals:
            continue
        parts = [value.strip()]
        quote = _open(parts[0], "") if parts[0][:1] in ("'", '"') else ""
        while quote and (more := next(pending, None)) is not None:
            parts.append(more)
            quote = _open(more, quote)
        found[key.strip()] = _unquoted("\n".join(parts))
    return found


def _open(line: str, quote: str) -> str:
    """The quote that is still open after a line, where `quote` was before it."""
    escaped = False
    for char in line:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
    return quote


def _unquoted(value: str) -> str:
    if value[:1] not in ("'", '"'):
        return value
    inner = value[1:-1] if value.endswith(value[0]) and len(value) > 1 else value[1:]
    return inner if value[0] == "'" else re.sub(r"\\([\"\\$`])", r"\1", inner)
