"""Read since when systemd has each setting, from its own manual pages and news (Debian 13's).

`python -m tests.knowledge.read_systemd` writes data/systemd-settings.yaml.
"""

from __future__ import annotations

import datetime
import gzip
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.knowledge.read_debian import open_archive

FILE = Path(__file__).parent / "data/systemd-settings.yaml"
PAGES = ("systemd.unit", "systemd.service", "systemd.exec", "systemd.timer", "systemd.mount",
         "systemd.path", "systemd.socket", "systemd.kill", "systemd.network", "systemd.netdev",
         "networkd.conf")
# a setting's entry: its names, then an indented block that ends at the same depth
_ENTRY = re.compile(r"^\.PP\n((?:.*\n){1,12}?)\.RS 4\n", re.M)
_NAME = re.compile(r"\\fI([A-Z]\w+)=\\fR")
# what a value of a setting came with is said in the news alone: the value -> its sentence there
VALUES = {"Type=exec": "A new service type has been added: Type=exec"}


def read_entries(text: str) -> Iterator[tuple[str, int]]:
    """Each setting of a page with the version that it came with; 0 where the page has no note."""
    for entry in _ENTRY.finditer(text):
        names = _NAME.findall(entry[1])
        body = text[entry.end():end_of_block(text, entry.end())]
        found = re.search(r"^Added in version (\d+)", body, re.M)
        yield from ((name, int(found[1]) if found else 0) for name in names)


def end_of_block(text: str, start: int) -> int:
    """Where the block ends that was opened before `start`."""
    depth = 1
    for mark in re.finditer(r"^\.(RS|RE)\b", text[start:], re.M):
        depth += 1 if mark[1] == "RS" else -1
        if depth == 0:
            return start + mark.start()
    return len(text)


def read_news(text: str, sentence: str) -> int:
    """The version whose section of the news has a sentence."""
    before = text[:text.index(sentence)]
    return int(re.findall(r"^CHANGES WITH (\d+)", before, re.M)[-1])


def first_mentions(news: str) -> dict[str, int]:
    """Setting -> the oldest version in whose news it stands; the news begin with the newest."""
    parts = re.split(r"^CHANGES WITH (\d+)", news, flags=re.M)[1:]
    return {name: int(version) for version, text in zip(parts[::2], parts[1::2], strict=True)
            for name in re.findall(r"\b([A-Z]\w+)=", text)}


def read_settings(root: Path) -> dict[str, int]:
    """Setting -> the version that it came with, on the page that had it first.

    The notes of some pages are younger than the setting: the news know better.
    """
    with gzip.open(root / "usr/share/doc/systemd/NEWS.gz", "rt") as file:
        news = file.read()
    mentioned = first_mentions(news)
    found = {value: read_news(news, sentence) for value, sentence in VALUES.items()}
    for page in PAGES:
        with gzip.open(root / f"usr/share/man/man5/{page}.5.gz", "rt") as file:
            for name, version in read_entries(file.read()):
                found[name] = min(version, found.get(name, version), mentioned.get(name, version))
    return {name: found[name] for name in sorted(found)}


@cache
def read_settings_file() -> dict[str, int]:
    """What was read."""
    settings: dict[str, int] = yaml.safe_load(FILE.read_text())["settings"]
    return settings


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        archive = open_archive("13", Path(folder))
        version = archive.field("systemd", "Version")
        settings = read_settings(archive.unpack("systemd"))
    document: dict[str, Any] = {
        "source": f"systemd {version} of Debian 13: its manual pages (Added in version) and NEWS",
        "read": datetime.datetime.now(tz=datetime.UTC).date(), "settings": settings}
    FILE.write_text("# Written by `python -m tests.knowledge.read_systemd`; 0: no note\n"
                    + yaml.safe_dump(document, sort_keys=False, default_flow_style=None,
                                     width=100))


if __name__ == "__main__":
    main()
