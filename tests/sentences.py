"""What a person can act on at night: whole sentences, and nothing that only Python understands."""

from __future__ import annotations

import re

CODE = re.compile(r"`[^`]*`")
END = re.compile(r"(?<=[.!?])\s+")
# a literal of Python's: a constant, a list or a dict, or a text in the quotes of its repr()
LITERAL = re.compile(r"\b(True|False|None)\b|\[['\"\]]|['\"]\]|\{['\"}]|(?<!\w)'|\\x[0-9a-f]{2}")


def faults_of_sentences(text: str) -> list[str]:
    """Of a text, each sentence that does not begin with a capital letter or has no full stop.

    A sentence begins with a word and not with a command, since a command alone says nothing of
    what is to be done with it.
    """
    sentences = END.split(CODE.sub("command", text).strip())
    found = [f"begins with {one[:20]!r}" for one in sentences if not one[:1].isupper()]
    if not sentences[-1].endswith("."):
        found.append(f"ends with {sentences[-1][-20:]!r}")
    return found


def literals_of_python(text: str) -> list[str]:
    """What of a text is Python's way to write a value; code in backticks is somebody's own."""
    return [found.group() for found in LITERAL.finditer(CODE.sub("command", text))]
