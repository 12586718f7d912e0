"""Programs of Debian's packages, unpacked into the cache and never installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from imagegen.bake.download import pinned_file
from imagegen.common.files import private_dir
from imagegen.common.locks import alone
from imagegen.common.places import cache_dir
from imagegen.common.progress import Silent
from imagegen.common.run import need, run


@cache
def unpacked(*packages: str) -> Path:
    """The root of the packages' files; their versions stand beside it in `versions`.

    Installing cloud-init would have it run at this machine's next boot.
    """
    folder = cache_dir("tools") / packages[0]
    with alone(folder.with_suffix(".lock"), Silent(), f"unpacking {packages[0]}"):
        if not (folder / "versions").is_file():
            _unpack(packages, folder)
    return folder / "root"


@cache
def unpacked_whole(package: str) -> Path:
    """The root of a package and of those that it needs and this machine has not installed.

    apt says which those are, so that a minimal Debian 12 and a Debian 13 get their own.
    """
    folder = cache_dir("tools") / f"{package}-whole"
    with alone(folder.with_suffix(".lock"), Silent(), f"unpacking {package}"):
        if not (folder / "versions").is_file():
            _unpack((package, *_needed(package)), folder)
    return folder / "root"


def _needed(package: str) -> list[str]:
    """What apt would install for a package, without installing it."""
    trial = run([need("apt-get", "apt"), "-q", "--simulate", "--no-install-recommends", "install",
                 package], timeout=300)
    rows = [line.split() for line in trial.output.splitlines() if line.startswith("Inst ")]
    return [row[1] for row in rows if row[1] != package]


@cache
def fetched(name: str, url: str, sha256: str) -> Path:
    """The root of one package's files that this machine's apt does not know, pinned."""
    package = pinned_file(name, None, url, sha256, Silent())
    folder = cache_dir("tools") / f"{name}-{sha256[:12]}"
    with alone(folder.with_suffix(".lock"), Silent(), f"unpacking {name}"):
        if not folder.is_dir():
            with private_dir(folder.parent, f".{name}-") as work:
                run([need("dpkg", "dpkg"), "-x", str(package), str(work / "root")])
                (work / "root").rename(folder)
    return folder


def _unpack(packages: tuple[str, ...], folder: Path) -> None:
    with private_dir(folder.parent, f".{folder.name}-") as work:
        run([need("apt-get", "apt"), "-q", "download", *packages], cwd=work, timeout=300)
        (work / "new/root").mkdir(parents=True)
        archives = sorted(work.glob("*.deb"))
        for archive in archives:
            run([need("dpkg", "dpkg"), "-x", str(archive), str(work / "new/root")])
        versions = "".join(f"{archive.name}\n" for archive in archives)
        (work / "new/versions").write_text(versions)
        (work / "new").rename(folder)
