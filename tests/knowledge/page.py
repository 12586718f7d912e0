"""docs/distributions.md: each value of each release with its source, or marked as believed.

`python -m tests.knowledge.page` writes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imagegen.knowledge.distributions import RELEASES, Release
from tests.knowledge.values import list_believed, list_values, observed

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/distributions.md"
_HEAD = """# Distributions: where each value comes from

imagegen's table says for each release which packages a node needs, which systemd reads its units,
where a certificate authority's file goes and so on. Below stands each value with the words of the
distribution's own data that bear it out, and with the place and the day where they were read.
**believed** marks a value that no such data was found for: it comes from documentation, from other
people's scripts or from a related distribution, and may be wrong. Look at it on a node of yours.

Where Red Hat's own data could not be read, that of a rebuild of its sources (OpenELA, AlmaLinux)
stands in for the family; the place says so.

| release | proof | values with a source | believed |
|---|---|---:|---:|
"""


def show_value(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, list):
        return " ".join(f"`{one}`" for one in value) or "none"
    return f"`{value}`" if value != "" else "none"


def write_row(release: Release, name: str, value: Any) -> str:
    """One line of a release's table."""
    seen = observed(release).get(name)
    if seen is None:
        reason = release.sources.get(name.partition(".")[0], "")
        return f"| {name} | {show_value(value)} | **believed** | {reason.replace('|', ' ')} |\n"
    absent = name.startswith("masked.") and seen.value is False
    shown = f"{show_value(value)}; the release has no such unit" if absent else show_value(value)
    says = seen.says.replace("|", "\\|").replace("`", "")
    return f"| {name} | {shown} | `{says}` | {seen.source}, {seen.read} |\n"


def write_release(release: Release) -> str:
    """A release's section."""
    values = list_values(release)
    rows = "".join(write_row(release, name, value) for name, value in values.items())
    places = {one.source: one.where for one in observed(release).values()}
    listed = "".join(f"- {source}: {where}\n" for source, where in places.items())
    return (f"\n## {release.title}\n\n| value | the table | its source's words | source |\n"
            f"|---|---|---|---|\n{rows}\n{listed}")


def write_page() -> str:
    """The whole page."""
    rows = []
    for release in RELEASES.values():
        believed = len(list_believed(release))
        count = len(list_values(release)) - believed
        rows.append(f"| {release.title} | {release.proof} | {count} | {believed} |\n")
    return _HEAD + "".join(rows) + "".join(map(write_release, RELEASES.values()))


if __name__ == "__main__":
    DOCUMENT.write_text(write_page())
