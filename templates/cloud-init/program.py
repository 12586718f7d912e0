"""Brings a program to a stock image: from its URL, or by its name from the seed volume.

Runs once on the node's own Python (3.9 or newer), given JSON with `name`, `path`, `url` and
`sha256`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import IO

SEED_VOLUME = "/dev/disk/by-label/cidata"
SECONDS = 300


def main(described: str) -> None:
    """Put the program in its place, whole or not at all."""
    source = json.loads(Path(described).read_text(encoding="utf-8"))
    target = Path(source["path"])
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".imagegen.") as folder:
        new = Path(folder, "program")
        with new.open("wb") as sink:
            digest = copy(source, sink)
        if source["sha256"] and digest != source["sha256"]:
            sys.exit(f"imagegen: the sha256 of {source['name']} is {digest}; "
                     f"the profile says {source['sha256']}")
        new.chmod(0o755)
        new.replace(target)


def copy(source: dict[str, str], sink: IO[bytes]) -> str:
    """The program's bytes into `sink`; their sha256."""
    if source["url"]:
        with urllib.request.urlopen(source["url"], timeout=SECONDS) as file:
            return pour(file, sink)
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        subprocess.run(["mount", "-o", "ro", SEED_VOLUME, folder], check=True)
        try:
            with Path(folder, source["name"]).open("rb") as file:
                return pour(file, sink)
        finally:
            subprocess.run(["umount", folder], check=True)


def pour(file: IO[bytes], sink: IO[bytes]) -> str:
    """Block by block, since the program is larger than it need be in memory."""
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
        sink.write(block)
    return digest.hexdigest()


if __name__ == "__main__":
    main(sys.argv[1])
