"""Everything that a verdict says, fact by fact under its rule's title."""

from __future__ import annotations

from ..text import coloured, counts, head, printable, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..text import Look

WORDS = ("read", "expected", "saw", "why", "remedy", "source")


def shaped(verdicts: list[dict[str, Any]], look: Look) -> str:
    """Each verdict: its rules in the order of their facts."""
    return "\n".join("\n".join(_lines(verdict, look)) + "\n" for verdict in verdicts)


def _lines(verdict: dict[str, Any], look: Look) -> Iterator[str]:
    yield head(verdict, look)
    for rule in dict.fromkeys(one["rule"] for one in verdict["findings"]):
        facts = [one for one in verdict["findings"] if one["rule"] == rule]
        yield ""
        yield printable(f"{facts[0]['title'] or rule} [{rule}, {facts[0]['severity']}]")
        for one in facts:
            yield f"  {coloured(one['result'], look)} {printable(one['id'])}"
            for word in WORDS:
                if one[word]:
                    yield from wrapped(f"{word}: {printable(one[word])}", look, 11, 13)
    yield ""
    yield counts(verdict)
