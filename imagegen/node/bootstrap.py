"""Starts the check from its compiled form where that is there and the same, else from the archive.

It is a node's /usr/bin/ipvs-check and the archive's own `__main__`. A node runs the first: for an
archive Python imports `runpy` and some thirty modules more, of which the check needs none, and
compiling the archive's sources would cost an emulated node most of a second.
"""

from __future__ import annotations

import gc
import os
import stat
import sys

ARCHIVE = "/usr/lib/imagegen/ipvs-check.pyz"
COMPILED = "check"
HEAD, DIGEST = 23, 65  # bytes: the archive's first line, and the digest behind it with its `#`
TOOL_FAILED = 3


def compiled(archive: str) -> str:
    """The folder of the compiled form beside the archive, or empty: only root's, only the same."""
    folder = os.path.join(os.path.dirname(os.path.abspath(archive)), COMPILED)
    try:
        state = os.lstat(folder)
        with open(archive, "rb") as packed, open(f"{folder}/digest", "rb") as file:
            same = packed.read(HEAD + DIGEST)[HEAD:] == b"#" + file.read()
    except OSError:
        return ""
    trusted = stat.S_ISDIR(state.st_mode) and not state.st_mode & 0o022
    return folder if same and trusted and state.st_uid in (0, os.geteuid()) else ""


def _open_streams() -> None:
    """Whoever closed them wants to hear nothing; no file may take their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def start(archive: str) -> int:
    """Run the check from whichever form is right."""
    _open_streams()
    if not os.path.exists(archive):
        sys.stderr.write(f"imagegen: error: {archive}, the node's check, is not there\n")
        return TOOL_FAILED
    sys.dont_write_bytecode = True
    sys.argv[0] = archive
    sys.path.insert(0, compiled(archive) or archive)
    from ipvs_check.cli import main  # type: ignore[import-not-found]

    # a process of a second that makes no cycles: collecting 10,000 tuples again and again is waste
    gc.disable()
    # all is written; taking the modules down would cost as much as a rule or two
    os._exit(int(main()))


if __name__ == "__main__":
    AROUND = os.path.dirname(__file__)
    sys.exit(start(AROUND if os.path.isfile(AROUND) else ARCHIVE))
