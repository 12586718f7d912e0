"""Findings and errors in words, as wide and as colourful as a terminal takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TextIO

from imagegen.common.errors import ImagegenError, InputError, in_words
from imagegen.profile.problem import Finding
from imagegen.report.terminal import colours, columns

RED, YELLOW, GREEN, CYAN, BOLD, PLAIN = (
    f"\x1b[{code}m" for code in ("1;31", "1;33", "32", "36", "1", "0"))
_HUES = {"error": RED, "warning": YELLOW}


@dataclass(frozen=True, slots=True)
class Look:
    """How text is shown; without columns a line is not broken, since a program may read it."""

    colour: bool = False
    columns: int | None = None


def look(stream: TextIO) -> Look:
    """What a stream can show. In a pipe a sentence stays one line, whatever COLUMNS says."""
    return Look(colours(stream), columns(stream) if stream.isatty() else None)


def finding_words(found: Finding, look: Look) -> str:
    """A finding with its line, a caret and what to do."""
    text = in_words(found.severity, found.what, found.where, found.hint, found.rule, look.columns)
    return coloured(text) if look.colour else text


def error_words(error: ImagegenError, look: Look) -> str:
    """What a verb ends with; several errors with a blank line between."""
    each = error.each if isinstance(error, InputError) else [error]
    texts = [in_words("error", one.what, one.where, one.hint, one.rule, look.columns)
             for one in each]
    return "\n\n".join(map(coloured, texts) if look.colour else texts)


def coloured(text: str) -> str:
    """The kind, the place, the caret and the hint of one finding in their colours."""
    hue = _HUES[text[: 5 if text.startswith("error") else 7]]
    text = re.sub(r"\A(error|warning)(\[[^]\n]*\])?", rf"{hue}\g<0>{PLAIN}", text)
    text = re.sub(r"^(\S.*:[0-9]+:[0-9]+)\n(?=  .*\n *\^$)", rf"{BOLD}\1{PLAIN}\n", text, count=1,
                  flags=re.M)
    text = re.sub(r"^( +)\^$", rf"\1{hue}^{PLAIN}", text, flags=re.M)
    return re.sub(r"^hint:", rf"{CYAN}\g<0>{PLAIN}", text, flags=re.M)
