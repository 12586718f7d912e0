"""The servers that a time client asks, in each client's own words."""

from __future__ import annotations

from imagegen.adopt import systemd
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files

_TIMESYNCD = "/etc/systemd/timesyncd.conf"
# the clients' files, and the folders of which they read every file
_FILES = ("/etc/chrony/chrony.conf", "/etc/chrony.conf", "/etc/ntp.conf", "/etc/ntpsec/ntp.conf",
          "/etc/openntpd/ntpd.conf")
MAX_SERVERS = 50
_FOLDERS = ("/etc/chrony/conf.d", "/etc/chrony/sources.d", "/etc/chrony.d",
            f"{_TIMESYNCD}.d")


def servers_of(files: Files, path: str) -> list[str]:
    """timesyncd's NTP= for its files, else chrony's and ntpd's `server` and `pool` lines."""
    text = files.text(path) or ""
    return timesyncd(text) if "timesyncd" in path else directives(text)


def timesyncd(text: str) -> list[str]:
    """timesyncd.conf(5): an empty NTP= clears the list."""
    found: list[str] = []
    for key, value in systemd.settings(text, "Time"):
        if key == "NTP":
            found = found if value else []
            found += value.split()
    return found


def directives(text: str) -> list[str]:
    """chrony.conf(5) and ntp.conf(5): `server HOST …`, `pool HOST …`, `peer HOST …`."""
    rows = (line.split() for line in text.splitlines())
    return [row[1] for row in rows if len(row) > 1 and row[0].lower() in ("server", "pool", "peer")]


def adopted_servers(files: Files, notes: Notes) -> list[str]:
    """Every client's, each once; what a profile does not say of them is told."""
    paths = [_TIMESYNCD, *_FILES, *(f"{folder}/{name}" for folder in _FOLDERS
                                    for name in files.names(folder)
                                    if name.endswith((".conf", ".sources")))]
    found: dict[str, str] = {}
    for path in paths:
        for server in servers_of(files, path):
            # ntpd's own clock, which is no server
            if not server.startswith("127.127."):
                found.setdefault(server, path)
        if "timesyncd" not in path:
            _tell(path, files.text(path) or "", notes)
    if "/etc/ntp.conf" in found.values():
        notes.add("the old node's ntpd is not carried over: its servers go to the image's own time "
                  "client (/etc/ntp.conf)", "os", "timeServers")
    if len(found) > MAX_SERVERS:
        notes.add(f"only the first {MAX_SERVERS} time servers are carried over", "os",
                  "timeServers")
    return list(found)[:MAX_SERVERS]


def _tell(path: str, text: str, notes: Notes) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        kind = words[0].lower() if words else ""
        if kind in ("server", "pool", "peer") and "key" in words[2:]:
            notes.add(f"{path}:{number} authenticates its server by a key: keys are never carried "
                      "over", "os", "timeServers")
        elif kind in ("pool", "peer") and len(words) > 1:
            notes.add(f"{path}:{number}: the {kind} {words[1]} is asked as one server", "os",
                      "timeServers")
        elif kind in ("allow", "local", "refclock", "bindaddress", "keyfile", "broadcast"):
            notes.add(f"{path}:{number}: `{kind}` is not carried over", "os", "timeServers")
