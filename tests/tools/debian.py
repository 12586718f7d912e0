"""Programs of Debian's packages, unpacked into the cache and never installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

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
