"""The servers that a time client asks, in each client's own words."""

from __future__ import annotations

from imagegen.adopt import systemd
from imagegen.adopt.tree import Files


def servers_of(files: Files, path: str) -> list[str]:
    """timesyncd's NTP= for its files, else chrony's and ntpd's `server` and `pool` lines."""
    text = files.text(path) or ""
    return timesyncd(text) if "timesyncd" in path else directives(text)


def timesyncd(text: str) -> list[str]:
    """timesyncd.conf(5): an empty NTP= clears the list."""
    found: list[str] = []
    for key, value in systemd.settings(text, "Time"):
        if key == "NTP":
            found = [*found, *value.split()] if value else []
    return found


def directives(text: str) -> list[str]:
    """chrony.conf(5) and ntp.conf(5): `server HOST …`, `pool HOST …`, `peer HOST …`."""
    rows = (line.split() for line in text.splitlines())
    return [row[1] for row in rows if len(row) > 1 and row[0].lower() in ("server", "pool", "peer")]
