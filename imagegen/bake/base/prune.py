"""Old bases go: each is 200 MB, and each change of packages, mirror or recipe makes a new one.

The rule: of each distribution and release the three that were used last stay, and every one that
was used within a day, since a build that has just begun may still read it. Nothing else hangs on a
base: a sealed image holds its own copy.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from imagegen.bake.base.store import IMAGE, MANIFEST, Slot, held, remove
from imagegen.common.progress import Progress

KEPT = 3
KEPT_SECONDS = 24 * 3600.0


def prune(slot: Slot, progress: Progress) -> None:
    """Remove the bases that nobody needs, and say what that freed.

    For the holder of `slot`'s lock, after a new base. One that another imagegen holds stays.
    """
    sizes = {home: _size(home) for home in _old(slot)}
    freed = [size for home, size in sizes.items() if _removed(slot, home)]
    if freed:
        progress.step(f"base: removed {len(freed)} that were not used for a day, "
                      f"{sum(freed) >> 20} MiB freed")


def _old(slot: Slot) -> list[Path]:
    """By the rule, whoever may hold them."""
    releases: dict[str, list[Path]] = {}
    for home in sorted(_bases(slot), key=_used, reverse=True):
        releases.setdefault(_release(home), []).append(home)
    last_day = time.time() - KEPT_SECONDS
    return [home for homes in releases.values() for home in homes[KEPT:]
            if _used(home) < last_day and home != slot.folder]


def _bases(slot: Slot) -> list[Path]:
    return [home for home in slot.shelf.iterdir()
            if home.is_dir() and not home.name.startswith(".")]


def _used(home: Path) -> float:
    """When it was last asked for (store.found), in seconds since 1970."""
    return home.stat().st_mtime


def _release(home: Path) -> str:
    try:
        spec = json.loads((home / MANIFEST).read_bytes())["spec"]
        return f"{spec['distribution']} {spec['release']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown"


def _size(home: Path) -> int:
    image = home / IMAGE
    return image.stat().st_size if image.exists() else 0


def _removed(slot: Slot, home: Path) -> bool:
    """Under its own lock, and out of sight first: who looks for it finds it whole or not at all."""
    other = Slot(slot.shelf, home.name)
    with held(other) as ours:
        if not ours:
            return False
        hidden = slot.shelf / f".{home.name}.old"
        home.rename(hidden)
        remove(hidden)
        other.log.unlink(missing_ok=True)
        return True
