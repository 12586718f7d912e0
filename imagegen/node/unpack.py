"""Unpack and compile the archive beside itself; done once, when the image is baked."""

from __future__ import annotations

import os
import shutil
import sys

from .model import CannotTell

COMPILED = "check"
DIGEST = "digest"


def unpack(archive: str | None = None) -> str:
    """The new folder's path. Raises CannotTell where this does not run from an archive, OSError."""
    archive = archive or os.path.abspath(sys.argv[0])
    if not os.path.isfile(archive):
        raise CannotTell(f"{archive} is not an archive")
    target = os.path.join(os.path.dirname(archive), COMPILED)
    new = f"{target}.{os.getpid()}"
    try:
        _filled(new, archive)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return target


def _filled(folder: str, archive: str) -> None:
    """The archive's sources, their compiled form, and last the digest that makes it count."""
    import compileall
    import zipfile
    from py_compile import PycInvalidationMode

    os.mkdir(folder, 0o755)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
        digest = packed.read(DIGEST)
    os.remove(os.path.join(folder, DIGEST))
    os.remove(os.path.join(folder, "__main__.py"))
    # unchecked: the digest says that the sources are the same, whatever their dates
    if not compileall.compile_dir(folder, quiet=1, force=True,
                                  invalidation_mode=PycInvalidationMode.UNCHECKED_HASH):
        raise CannotTell("the check cannot be compiled")
    _readable(folder)
    with open(os.path.join(folder, DIGEST), "wb") as file:
        file.write(digest)
        os.fchmod(file.fileno(), 0o644)


def _readable(folder: str) -> None:
    """Modes of their own, whatever the umask of the bake."""
    for place, _folders, files in os.walk(folder):
        os.chmod(place, 0o755)
        for name in files:
            os.chmod(os.path.join(place, name), 0o644)
