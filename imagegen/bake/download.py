"""The user's own files, by path or URL, never used before their sha256 is seen to be right."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from pathlib import Path

from imagegen.common.errors import InputError, ToolError
from imagegen.common.files import private_dir, sha256_file
from imagegen.common.locks import alone
from imagegen.common.places import cache_dir
from imagegen.common.progress import Progress
from imagegen.common.run import unless_ending

SECONDS_OF_SILENCE = 60
BLOCK = 1 << 20


def pinned_file(what: str, path: str | None, url: str | None, sha256: str,
                progress: Progress) -> Path:
    """The file at a path, or fetched from a URL into the cache.

    Raises InputError where the bytes are not those that the profile pins, ToolError where the URL
    does not answer.
    """
    if path is not None:
        return _checked(what, Path(path), sha256)
    assert url is not None
    kept = cache_dir("downloads") / sha256
    with alone(kept.with_suffix(".lock"), progress, f"fetching {what}"):
        if not kept.is_file() or sha256_file(kept) != sha256:
            _fetch(what, url, sha256, kept, progress)
    return kept


def _checked(what: str, path: Path, sha256: str) -> Path:
    if not path.is_file():
        raise InputError(f"{what} {path} is not there", hint="correct `path` in the profile")
    _same(what, str(path), sha256_file(path), sha256)
    return path


def _same(what: str, where: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise InputError(
            f"{what} {where} is not the one that the profile pins\n"
            f"  its sha256 is     {found}\n  the profile says  {wanted}",
            hint="if the new one is meant, correct `sha256` in the profile; else do not trust it")


def _fetch(what: str, url: str, sha256: str, kept: Path, progress: Progress) -> None:
    progress.step(f"fetching {what} from {url}")
    with private_dir(kept.parent, f".{sha256[:12]}-") as folder:
        new = folder / "file"
        try:
            found = _pour(url, new, progress)
        except (urllib.error.URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ToolError(f"cannot fetch {what} from {url}: {reason}",
                            hint="check the URL and the network, and try again") from None
        _same(what, url, found, sha256)
        new.replace(kept)


def _pour(url: str, target: Path, progress: Progress) -> str:
    digest, size = hashlib.sha256(), 0
    answer = urllib.request.urlopen(url, timeout=SECONDS_OF_SILENCE)
    with answer as source, target.open("wb") as sink:
        while block := source.read(BLOCK):
            unless_ending()
            digest.update(block)
            sink.write(block)
            size += len(block)
            progress.line(f"{size >> 20} MiB")
    return digest.hexdigest()
