"""What a base image is made from, and the digest that names it."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from imagegen.common.errors import InputError
from imagegen.common.files import sha256_bytes, sha256_file

# Raised when the same sources would make other bytes (say, a new promise about the host's tools).
RECIPE = 1

# A stock cloud image's worth: what cloud-init, sshd, netplan and two boot loaders need, no more.
# No time client: an image that nobody asked to must not talk to the world.
DEFAULT_PACKAGES = (
    "ca-certificates", "cloud-guest-utils", "cloud-init", "dbus", "e2fsprogs",
    "grub-efi-amd64-bin", "grub-pc-bin", "grub2-common", "iproute2", "kmod",
    "linux-image-cloud-amd64", "locales", "netplan.io", "openssh-server", "procps", "python3",
    "sudo", "systemd-resolved", "systemd-sysv", "udev", "zstd",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BaseSpec:
    """One base image: a Debian release, its mirrors, its packages and the disk's size in GiB.

    An empty `security_mirror` means the release's own suite alone (sid has no other).
    Raises InputError for a mirror that is no plain http(s) address: credentials would be baked in.
    """

    distribution: str = "debian"
    release: str = "12"
    suite: str = "bookworm"
    mirror: str = "http://deb.debian.org/debian"
    security_mirror: str = "http://deb.debian.org/debian-security"
    architecture: str = "amd64"
    packages: tuple[str, ...] = DEFAULT_PACKAGES
    disk_gib: int = 4

    def __post_init__(self) -> None:
        _check_mirror(self.mirror)
        if self.security_mirror:
            _check_mirror(self.security_mirror)
        if self.architecture != "amd64":
            raise InputError(f"no base image for {self.architecture}", hint="use amd64")
        if not 2 <= self.disk_gib <= 2048:
            raise InputError(f"a disk of {self.disk_gib} GiB", hint="use 2 to 2048 GiB")

    def archives(self) -> tuple[tuple[str, str], ...]:
        """(mirror, suite) of each archive that apt reads, the release's own first."""
        own = ((self.mirror, self.suite),)
        if not self.security_mirror:
            return own
        updates = (self.mirror, f"{self.suite}-updates")
        return (*own, updates, (self.security_mirror, f"{self.suite}-security"))

    def digest(self) -> str:
        """Hex sha256 of every input: the fields, the recipe's version and its source."""
        inputs = {"spec": asdict(self), "recipe": RECIPE, "sources": _sources()}
        return sha256_bytes(json.dumps(inputs, sort_keys=True).encode())

    def uuid(self, what: str) -> str:
        """A UUID of this spec's own for one part of the disk; a changed recipe keeps it."""
        name = json.dumps([asdict(self), what], sort_keys=True)
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"imagegen:{name}"))


def _check_mirror(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        # never shown whole: it may hold a password
        raise InputError(
            f"the mirror at {parts.hostname or 'no host'!r} is not a plain http(s) address",
            hint="use http://HOST/debian, without a user or password in it",
        )
    if any(c.isspace() or not c.isprintable() for c in address) or "[" in parts.path:
        raise InputError(f"the mirror {address!r} holds characters that apt cannot read")


def _sources() -> dict[str, str]:
    here = Path(__file__).parent
    return {path.name: sha256_file(path) for path in sorted(here.glob("*.py"))}
