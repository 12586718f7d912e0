"""Unpacks the node's check into its place, whole or not at all.

Runs once on the node's own Python (3.9 or newer), given the packed file and its place.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main(packed: Path, target: Path) -> None:
    """What is damaged leaves whatever stood there as it was."""
    data = unpacked(packed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".imagegen.") as folder:
        new = Path(folder, "check")
        new.write_bytes(data)
        new.chmod(0o755)
        new.replace(target)


def unpacked(packed: Path) -> bytes:
    """All of it, and nothing beside it. Exits with a sentence where it is not so."""
    try:
        import bz2
    except ImportError:
        sys.exit(f"imagegen error: {sys.executable} was built without bz2, which unpacks the "
                 "node's check; give check.python another Python")
    decoder = bz2.BZ2Decompressor()
    try:
        data = decoder.decompress(packed.read_bytes())
    except OSError as error:
        sys.exit(f"imagegen error: {packed} is damaged ({error}); hand user-data over anew")
    if not decoder.eof or decoder.unused_data:
        sys.exit(f"imagegen error: {packed} is damaged (it does not end where it should); "
                 "hand user-data over anew")
    return data


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
