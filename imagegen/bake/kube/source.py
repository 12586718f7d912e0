"""Source tarballs from a Debian mirror, checked and kept."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from imagegen.bake.kube.pins import Tarball
from imagegen.common.errors import ToolError
from imagegen.common.files import private_dir, sha256_file
from imagegen.common.places import cache_dir
from imagegen.common.progress import Progress
from imagegen.common.run import unless_ending

_MIRROR = "http://deb.debian.org/debian"
_SILENCE_SECONDS = 60
_BLOCK = 1 << 20


def tarball(pinned: Tarball, progress: Progress) -> Path:
    """The tarball's path in the cache, fetched where it is missing.

    `IMAGEGEN_DEBIAN_MIRROR` names another mirror. Raises ToolError for a mirror that is silent for
    a minute or gives other bytes.
    """
    kept = cache_dir("kube") / "sources" / Path(pinned.path).name
    if kept.exists() and sha256_file(kept) == pinned.sha256:
        return kept
    url = f"{os.environ.get('IMAGEGEN_DEBIAN_MIRROR', _MIRROR)}/{quote(pinned.path)}"
    progress.step(f"fetching {url}")
    with private_dir(kept.parent, ".fetch-") as folder:
        fetched = folder / kept.name
        _fetch(url, fetched, kept)
        if sha256_file(fetched) != pinned.sha256:
            raise ToolError(f"{url} has the sha256 {sha256_file(fetched)}, not the pinned "
                            f"{pinned.sha256}", hint="try another mirror: IMAGEGEN_DEBIAN_MIRROR")
        fetched.replace(kept)
    return kept


def _fetch(url: str, target: Path, kept: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_SILENCE_SECONDS) as reply, target.open("wb") as f:
            while block := reply.read(_BLOCK):
                unless_ending()
                f.write(block)
    except (OSError, urllib.error.URLError) as error:
        raise ToolError(f"cannot fetch {url}: {error}",
                        hint="set IMAGEGEN_DEBIAN_MIRROR to a mirror that answers, or put the "
                        f"file at {kept}") from None
