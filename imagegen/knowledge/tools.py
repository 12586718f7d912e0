"""The programs that verbs run on the user's own machine, and the package that brings each.

Sources: Debian's names by apt on Debian 11, 12 and 13 (2026-11-30), and by dpkg's list of each
package's files (a test asks it again). Ubuntu's are taken to be Debian's. Those of dnf and pacman
are from mkosi's lists of tools (systemd/mkosi at 70ce10d1, mkosi/resources/mkosi-tools) and, where
those have none, from memory of Fedora and Arch Linux: nothing was installed there by us.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class PackageManager(StrEnum):
    """How a machine installs a package."""

    APT = "apt"
    DNF = "dnf"
    PACMAN = "pacman"


INSTALL = {PackageManager.APT: "apt-get install", PackageManager.DNF: "dnf install",
           PackageManager.PACMAN: "pacman -S"}
# ID or a word of ID_LIKE in os-release(5) -> the manager
_MANAGERS = {"debian": PackageManager.APT, "ubuntu": PackageManager.APT,
             "fedora": PackageManager.DNF, "rhel": PackageManager.DNF,
             "centos": PackageManager.DNF, "arch": PackageManager.PACMAN}
# what is rebuilt from RHEL has its packages: fewer than Fedora's
_ENTERPRISE = frozenset({"rhel", "centos", "rocky", "almalinux", "ol"})


@dataclass(frozen=True, slots=True)
class Machine:
    """The distribution that imagegen runs on, from os-release(5)."""

    id: str
    version: str
    title: str
    manager: PackageManager | None

    @property
    def releases(self) -> tuple[str, ...]:
        """What an exception may be declared for, most particular first."""
        family = ("el",) if self.id in _ENTERPRISE else ()
        return (f"{self.id} {self.version}", f"{self.id} {self.version.split('.')[0]}", self.id,
                *family)


def machine_of(os_release: Mapping[str, str]) -> Machine:
    """The machine that these fields of os-release describe."""
    name = os_release.get("ID", "linux")
    alike = os_release.get("ID_LIKE", "").split()
    manager = next((_MANAGERS[one] for one in (name, *alike) if one in _MANAGERS), None)
    return Machine(name, os_release.get("VERSION_ID", ""),
                   os_release.get("PRETTY_NAME", name), manager)


class Tool(StrEnum):
    """A program by the name under which it is run, or a file by its path."""

    APT_GET = "apt-get"
    DD = "dd"
    DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
    DEBUGFS = "debugfs"
    E2FSCK = "e2fsck"
    ETCD = "etcd"
    GO = "go"
    GRUB_MKIMAGE = "grub-mkimage"
    MCOPY = "mcopy"
    MKE2FS = "mke2fs"
    MKFS_VFAT = "mkfs.vfat"
    MMD = "mmd"
    MMDEBSTRAP = "mmdebstrap"
    NEWUIDMAP = "newuidmap"
    NICE = "nice"
    OPENSSL = "openssl"
    OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"
    PACKER = "packer"
    QEMU_IMG = "qemu-img"
    QEMU = "qemu-system-x86_64"
    SETPRIV = "setpriv"
    SFDISK = "sfdisk"
    SSH_KEYGEN = "ssh-keygen"
    TAR = "tar"
    UMOUNT = "umount"
    UNSHARE = "unshare"
    XORRISO = "xorriso"


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What a tool is for and where it comes from.

    `packages` are names by package manager; `exceptions` are by release (`debian 12`, `el`): the
    name there, or None where no package of that distribution brings the tool.
    """

    purpose: str
    packages: Mapping[PackageManager, str]
    upstream: str
    exceptions: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    minimum: tuple[int, int] | None = None


def _names(apt: str, dnf: str = "", pacman: str = "") -> Mapping[PackageManager, str]:
    """By manager; a manager without a name has no such package, or none that we know."""
    named = {PackageManager.APT: apt, PackageManager.DNF: dnf, PackageManager.PACMAN: pacman}
    return MappingProxyType({manager: name for manager, name in named.items() if name})


_UTIL_LINUX = "https://www.kernel.org/pub/linux/utils/util-linux/"
_E2FSPROGS = "https://e2fsprogs.sourceforge.net"
_MTOOLS = "https://www.gnu.org/software/mtools/"
_COREUTILS = "https://www.gnu.org/software/coreutils/"
_QEMU = "https://www.qemu.org/download/"

# from 1.21 on, Go fetches the toolchain that it is asked for (go.dev/doc/toolchain)
_GO_MINIMUM = (1, 21)
# Debian 12's own Go is older than what Kubernetes' toolchains start from
_GO_FROM_BACKPORTS = "-t bookworm-backports golang-1.23-go"

TOOLS: Mapping[Tool, ToolFacts] = MappingProxyType({
    Tool.APT_GET: ToolFacts(
        "mmdebstrap installs a base image's packages with it",
        _names("apt", "apt", "apt"), "https://salsa.debian.org/apt-team/apt", {"el": None}),
    Tool.DD: ToolFacts(
        "writes a base image's partitions", _names("coreutils", "coreutils", "coreutils"),
        _COREUTILS),
    Tool.DEBIAN_KEYS: ToolFacts(
        "the keys that Debian's archive is signed with",
        _names("debian-archive-keyring", "debian-keyring", "debian-archive-keyring"),
        "https://packages.debian.org/debian-archive-keyring", {"el": None}),
    Tool.DEBUGFS: ToolFacts(
        "fills a base image's root without mounting it",
        _names("e2fsprogs", "e2fsprogs", "e2fsprogs"), _E2FSPROGS),
    Tool.E2FSCK: ToolFacts(
        "proves a base image's root sound", _names("e2fsprogs", "e2fsprogs", "e2fsprogs"),
        _E2FSPROGS),
    Tool.ETCD: ToolFacts(
        "the store of the throwaway control plane", _names("etcd-server", "etcd"),
        "https://etcd.io/docs/latest/install/", {"el": None}),
    Tool.GO: ToolFacts(
        "compiles kube-proxy and kube-apiserver", _names("golang-go", "golang", "go"),
        "https://go.dev/doc/install",
        {"debian 11": None, "debian 12": _GO_FROM_BACKPORTS, "ubuntu 22.04": "golang-1.21-go"},
        _GO_MINIMUM),
    Tool.GRUB_MKIMAGE: ToolFacts(
        "makes a base image's boot loader", _names("grub-common", "", "grub"),
        "https://www.gnu.org/software/grub/"),
    Tool.MCOPY: ToolFacts(
        "fills a base image's EFI partition", _names("mtools", "mtools", "mtools"), _MTOOLS),
    Tool.MKE2FS: ToolFacts(
        "makes a base image's root", _names("e2fsprogs", "e2fsprogs", "e2fsprogs"), _E2FSPROGS),
    Tool.MKFS_VFAT: ToolFacts(
        "makes a base image's EFI partition", _names("dosfstools", "dosfstools", "dosfstools"),
        "https://github.com/dosfstools/dosfstools"),
    Tool.MMD: ToolFacts(
        "makes folders on a base image's EFI partition", _names("mtools", "mtools", "mtools"),
        _MTOOLS),
    Tool.MMDEBSTRAP: ToolFacts(
        "installs a base image's packages from the mirror", _names("mmdebstrap"),
        "https://gitlab.mister-muffin.de/josch/mmdebstrap"),
    Tool.NEWUIDMAP: ToolFacts(
        "lets a user without root install a base image's packages",
        _names("uidmap", "shadow-utils", "shadow"), "https://github.com/shadow-maint/shadow"),
    Tool.NICE: ToolFacts(
        "compiles at low priority", _names("coreutils", "coreutils", "coreutils"), _COREUTILS),
    Tool.OPENSSL: ToolFacts(
        "makes the throwaway control plane's certificates",
        _names("openssl", "openssl", "openssl"), "https://openssl-library.org/source/"),
    Tool.OVMF: ToolFacts(
        "the firmware that boots an image by UEFI",
        _names("ovmf", "edk2-ovmf", "edk2-ovmf"),
        "https://github.com/tianocore/tianocore.github.io/wiki/OVMF"),
    Tool.PACKER: ToolFacts(
        "bakes the image", _names("packer"), "https://developer.hashicorp.com/packer/install",
        # dropped when its licence changed
        {"debian 13": None, "ubuntu 24.04": None, "ubuntu 26.04": None}, (1, 6)),
    Tool.QEMU_IMG: ToolFacts(
        "makes and reads disk images", _names("qemu-utils", "qemu-img", "qemu-img"), _QEMU),
    Tool.QEMU: ToolFacts(
        "runs the build guest and the booted image",
        _names("qemu-system-x86", "qemu-system-x86", "qemu-base"), _QEMU,
        # qemu-kvm there is /usr/libexec/qemu-kvm, with fewer devices and no such program
        {"el": None}),
    Tool.SETPRIV: ToolFacts(
        "ends the installation with imagegen", _names("util-linux", "util-linux", "util-linux"),
        _UTIL_LINUX),
    Tool.SFDISK: ToolFacts(
        "writes a base image's partition table", _names("fdisk", "util-linux", "util-linux"),
        _UTIL_LINUX),
    Tool.SSH_KEYGEN: ToolFacts(
        "makes the build guest's throwaway key",
        _names("openssh-client", "openssh", "openssh"), "https://www.openssh.com/portable.html"),
    Tool.TAR: ToolFacts(
        "unpacks Kubernetes' sources", _names("tar", "tar", "tar"),
        "https://www.gnu.org/software/tar/"),
    Tool.UMOUNT: ToolFacts(
        "cleans up after a killed base build", _names("mount", "util-linux", "util-linux"),
        _UTIL_LINUX),
    Tool.UNSHARE: ToolFacts(
        "gives the installation namespaces of its own",
        _names("util-linux", "util-linux-core", "util-linux"), _UTIL_LINUX),
    Tool.XORRISO: ToolFacts(
        "makes the volume that cloud-init reads", _names("xorriso", "xorriso", "libisoburn"),
        "https://www.gnu.org/software/xorriso/"),
})


def package_of(tool: Tool, machine: Machine) -> str | None:
    """The package that brings a tool there; None where none is known."""
    facts = TOOLS[tool]
    for release in machine.releases:
        if release in facts.exceptions:
            return facts.exceptions[release]
    return facts.packages.get(machine.manager) if machine.manager else None


def remedy_of(tool: Tool, machine: Machine) -> str:
    """How to get a tool there, as a clause: a command, or the page that says how."""
    package = package_of(tool, machine)
    if package and machine.manager:
        suite = package.split()[1] if package.startswith("-t ") else ""
        first = f", with {suite} among apt's sources" if suite else ""
        return f"{INSTALL[machine.manager]} {package}{first}"
    where = f"{machine.title} has no package of it that imagegen knows: "
    return f"{where}{TOOLS[tool].upstream}"


class Case(StrEnum):
    """When a verb needs a tool that it does not always need."""

    MIRROR = "where the base image is made from a mirror"
    COMPILED = "where Kubernetes' programs are compiled"
    CLUSTER = "with --cluster local"
    VOLUME = "where the datasource is nocloud"
    FULL = "with --full"
    UEFI = "where an image is booted by UEFI"


@dataclass(frozen=True, slots=True)
class Need:
    """A tool that a verb runs, and in which case; without a case always.

    No verb fails without an `optional` one.
    """

    tool: Tool
    case: Case | None = None
    optional: bool = False


BASE_TOOLS = (Tool.MMDEBSTRAP, Tool.APT_GET, Tool.DEBIAN_KEYS, Tool.MKE2FS, Tool.DEBUGFS,
              Tool.E2FSCK, Tool.SFDISK, Tool.DD, Tool.GRUB_MKIMAGE, Tool.MKFS_VFAT, Tool.MMD,
              Tool.MCOPY, Tool.QEMU_IMG, Tool.UNSHARE, Tool.SETPRIV, Tool.UMOUNT)
KUBERNETES_TOOLS = (Tool.GO, Tool.NICE, Tool.TAR)


def _needs(tools: tuple[Tool, ...], case: Case | None = None) -> tuple[Need, ...]:
    return tuple(Need(tool, case) for tool in tools)


_INPUTS = (*_needs(BASE_TOOLS, Case.MIRROR), *_needs(KUBERNETES_TOOLS, Case.COMPILED),
           *_needs((Tool.SSH_KEYGEN, Tool.XORRISO)))
# verb -> what it runs; a verb that is not here runs nothing
VERB_NEEDS: Mapping[str, tuple[Need, ...]] = MappingProxyType({
    "build": (*_needs((Tool.PACKER, Tool.QEMU, Tool.QEMU_IMG)), *_INPUTS),
    "verify": (*_needs((Tool.QEMU, Tool.QEMU_IMG, Tool.XORRISO)),
               *_needs((Tool.ETCD, Tool.OPENSSL), Case.CLUSTER),
               *_needs(KUBERNETES_TOOLS, Case.COMPILED),
               Need(Tool.OVMF, Case.UEFI, optional=True)),
    "seed": (Need(Tool.XORRISO, Case.VOLUME), *_needs(KUBERNETES_TOOLS, Case.FULL)),
    "base": _needs(BASE_TOOLS),
    "inputs": _INPUTS,
    "kubernetes": _needs(KUBERNETES_TOOLS, Case.COMPILED),
})


def read_os_release(text: str) -> dict[str, str]:
    """The fields of os-release(5): `NAME=value`, quoted as a shell would."""
    fields = {}
    for line in text.splitlines():
        name, sign, value = line.strip().partition("=")
        if sign and not name.startswith("#"):
            try:
                fields[name] = "".join(shlex.split(value))
            except ValueError:
                fields[name] = value
    return fields
