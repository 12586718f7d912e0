"""docs/distributions.md and one page each: every value with its source, or marked as believed.

`python -m tests.knowledge.page` writes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imagegen.knowledge.distributions import RELEASES, Release
from tests.knowledge.values import list_believed, list_values, observed

FOLDER = Path(__file__).resolve().parents[2] / "docs"
_HEAD = """# Distributions: where each value comes from

imagegen's table says for each release which packages a node needs, which systemd reads its units,
where a certificate authority's file goes and so on. A release's page has each value with the words
of the distribution's own data that bear it out, and with the place and the day where they were
read. **believed** marks a value that no such data was found for: it comes from documentation, from
other people's scripts or from a related distribution, and may be wrong. Look at it on your nodes.

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


def write_summary() -> str:
    """How much of each release is believed."""
    rows = []
    for release in RELEASES.values():
        believed = len(list_believed(release))
        count = len(list_values(release)) - believed
        page = f"distributions/{release.distribution}.md"
        rows.append(f"| [{release.title}]({page}) | {release.proof} | {count} | {believed} |\n")
    return _HEAD + "".join(rows)


def write_pages() -> dict[Path, str]:
    """Every page by its path."""
    pages = {FOLDER / "distributions.md": write_summary()}
    for release in RELEASES.values():
        path = FOLDER / f"distributions/{release.distribution}.md"
        head = f"# {release.distribution}: where each value comes from\n"
        pages[path] = pages.get(path, head) + write_release(release)
    return pages


if __name__ == "__main__":
    for page_path, page_text in write_pages().items():
        page_path.parent.mkdir(exist_ok=True)
        page_path.write_text(page_text)
