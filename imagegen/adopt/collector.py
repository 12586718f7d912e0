"""The script that brings a node's files, and the command that runs it over ssh."""

from __future__ import annotations

from imagegen.common.assets import asset_bytes

COMMAND = "imagegen adopt --collector | ssh root@NODE sh | imagegen adopt -"
SCRIPT = "templates/adopt/collect.sh"
# where the script leaves what it found out beside the files: sums of programs, names of packages
FACTS = "/var/lib/imagegen-collected"


def collector() -> str:
    """The script, for a shell as POSIX has it."""
    return asset_bytes(SCRIPT).decode()
