"""Data written as YAML and JSON: always the same bytes, by the fast half of each library."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

# libyaml where PyYAML has it: its own emitter takes most of a render's time
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Readable(_Dumper):  # type: ignore[misc]
    """Text of several lines as a block, as a person would write it; nothing by reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # the emitter falls back to quotes by itself where a block cannot carry the text
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _text)


_quoted = json.encoder.encode_basestring_ascii
# what is written here is never a ring, and to look for one costs a seventh
_row = json.JSONEncoder(check_circular=False).encode


def yaml_bytes(value: object) -> bytes:
    """YAML in the data's own order, long lines left whole."""
    text: str = yaml.dump(value, Dumper=_Readable, sort_keys=False, width=1000)
    return text.encode()


def json_rows(document: Mapping[str, object]) -> bytes:
    """JSON with one entry of each list or mapping a line: to read, to compare, and quick to make.

    json's own indentation is written in Python, ten times slower than the rest of it.
    """
    rows = (f" {_compact(key)}: {_entries(value)}" for key, value in document.items())
    return ("{\n" + ",\n".join(rows) + "\n}\n").encode()


def _entries(value: object) -> str:
    if isinstance(value, Mapping) and value:
        rows: Iterator[str] = (f"  {_quoted(k)}: {_compact(v)}" for k, v in value.items())
        return "{\n" + ",\n".join(rows) + "\n }"
    if isinstance(value, list | tuple) and value:
        return "[\n" + ",\n".join(f"  {_compact(item)}" for item in value) + "\n ]"
    return _compact(value)


class Encoded(str):
    """A value that is JSON already, for rows that several documents share."""

    __slots__ = ()


def encoded(value: object) -> Encoded:
    """The value as one row of a document."""
    return Encoded(_compact(value))


def _compact(value: object) -> str:
    if isinstance(value, Encoded):
        return value
    # an encoder is made for each row, which costs more than a short text
    return _quoted(value) if isinstance(value, str) else _row(value)
