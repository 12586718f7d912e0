"""What is asked of every release of every distribution. The answers are the families' files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Distribution(StrEnum):
    """The distributions whose nodes imagegen writes."""

    DEBIAN = "debian"
    UBUNTU = "ubuntu"
    ROCKY = "rocky"
    ALMALINUX = "almalinux"
    RHEL = "rhel"
    AMAZON = "amazon"
    FLATCAR = "flatcar"


class Proof(StrEnum):
    """How far imagegen's own tests go with a release; a lower one never passes for a higher one.

    `rendered`: its files are written, and Debian 12's programs judge them; some values of its table
    are only believed. `validated`: the distribution's own data bears out every value (see
    docs/distributions.md). `booted`: a node of it was booted and was green.
    """

    RENDERED = "rendered"
    VALIDATED = "validated"
    BOOTED = "booted"


class Manager(StrEnum):
    """Who installs packages in the build guest."""

    APT = "apt"
    DNF = "dnf"
    NONE = "none"


# what an operator types; the build's own steps lie in packer/qemu/managers
INSTALL = {Manager.APT: "apt-get install", Manager.DNF: "dnf install"}


class Network(StrEnum):
    """Who configures the node's network, and could take kube-ipvs0 for its own."""

    NETWORKD = "systemd-networkd"
    NETWORK_MANAGER = "NetworkManager"
    IFUPDOWN = "ifupdown"


class Initramfs(StrEnum):
    """Who makes the file system that a kernel starts from."""

    INITRAMFS_TOOLS = "initramfs-tools"
    DRACUT = "dracut"
    VENDOR = "the vendor"


@dataclass(frozen=True, slots=True)
class Package:
    """A package, the tool it must bring, and the oldest version that kube-proxy lives with.

    `per_kernel`: its name carries the kernel's version, for it must fit the one that boots.
    """

    name: str
    tool: str | None
    minimum: str | None
    reason: str
    source: str
    per_kernel: bool = False


@dataclass(frozen=True, slots=True)
class Kernel:
    """The release's own kernel: its series, its package, and how its modules lie on the disk.

    `lacks`: modules of IPVS that its configuration leaves out, so that no package brings them; what
    its series is too old for stands in knowledge/modules.
    """

    series: str
    package: str
    suffix: str
    lacks: tuple[str, ...] = ()

    @property
    def version(self) -> tuple[int, ...]:
        """Its series in numbers, for comparing."""
        return tuple(map(int, self.series.split(".")))


@dataclass(frozen=True, slots=True)
class Python:
    """The Python that runs the check: its version, its path, its package where it must be added.

    An empty path: the release has none.
    """

    version: str
    path: str
    package: str | None = None


@dataclass(frozen=True, slots=True)
class Mirror:
    """A release whose base can be made from its mirror: the suite, and how its base differs.

    `security`: the security mirror, where nobody names another; empty where there is none left.
    """

    suite: str
    security: str
    add: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """Where a certificate authority's PEM is put, the command that takes it in, and its bundle."""

    folder: str
    command: tuple[str, ...]
    bundle: str = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True, slots=True)
class Clock:
    """A time client: its package, program and unit, what wants the unit, the file that it reads.

    `whole`: the file is all of the client's configuration, not a piece beside it.
    """

    package: str
    program: str
    unit_path: str
    wants: str
    path: str
    whole: bool
    source: str

    @property
    def unit(self) -> str:
        """The unit's name."""
        return self.unit_path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Runtime:
    """containerd: its package, None where the release's own repositories have none.

    `told`: its unit names another file, so a drop-in lets it read /etc/containerd/config.toml.
    """

    package: str | None
    told: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a distribution; `sources` says for each field where its value comes from."""

    distribution: Distribution
    release: str
    proof: Proof
    manager: Manager
    kernel: Kernel
    systemd: int
    # None where there is no cloud-init at all
    cloud_init: str | None
    python: Python
    # nf_conntrack_ipv4 up to 4.18; the release says, since RHEL 8's 4.18 has it merged already
    conntrack: str
    network: Network
    # whether a unit of the family runs /etc/sysconfig/modules/*.modules at boot
    reads_ipvs_modules: bool
    # whether systemd-sysctl reads /etc/sysctl.conf as well, by a link in sysctl.d
    applies_sysctl_conf: bool
    packages: tuple[Package, ...]
    # units of the release that fight with kube-proxy or only slow a node's boot, and why
    masked: tuple[tuple[str, str], ...]
    # the release's own time daemon, or None where imagegen's base has none
    time_unit: str | None
    # where a node with chrony names its servers
    chrony: Clock
    containerd: Runtime
    trust: Trust
    # the key that the distribution signs its packages with, as its own file has it on the node;
    # empty where nothing installs packages
    archive_key: str
    mirror: Mirror | None
    initramfs: Initramfs
    # whether sshd reads /etc/ssh/sshd_config.d, from OpenSSH 8.2 on
    drop_ins: bool
    # kernels that the family offers and that lack modules of IPVS: package -> why
    weak_kernels: Mapping[str, str]
    sources: Mapping[str, str]

    @property
    def title(self) -> str:
        """The release as people call it, `debian 12`."""
        return f"{self.distribution} {self.release}"
