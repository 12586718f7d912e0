"""A bare root becomes a stock cloud image: what is taken away, and the few files that are added."""

from __future__ import annotations

from fnmatch import fnmatchcase

from imagegen.bake.base.spec import BaseSpec
from imagegen.bake.base.tree import Tree

# Secrets and identities that a package's install made, the builder host's own names, and logs:
# each would be shared by every node or differ between two builds.
REMOVED = (
    "etc/ssh/ssh_host_*",
    "etc/hostname",
    "etc/.resolv.conf.systemd-resolved.bak",
    "etc/apt/sources.list",
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/.pwd.lock",
    "var/lib/apt/lists/*_*",
    "var/lib/apt/lists/lock",
    "var/lib/dbus/machine-id",
    "var/lib/systemd/random-seed",
    "var/lib/systemd/credential.secret",
    "var/cache/apt/*.bin",
    "var/cache/debconf/*-old",
    "var/lib/dpkg/*-old",
    "var/log/*.log",
    "var/log/apt/*",
)

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Serial first and last word: the last console= is /dev/console, where a cloud reads the boot.
KERNEL_ARGUMENTS = "console=tty0 console=ttyS0,115200n8"
KERNEL_DEFAULTS = "loglevel=4"


def make_stock(tree: Tree, spec: BaseSpec) -> None:
    """Change the tree in place."""
    for path in [p for p in tree.nodes if any(fnmatchcase(p, want) for want in REMOVED)]:
        tree.remove(path)
    # there but empty: systemd makes an id at boot and knows it is no first boot to preset units
    tree.write("etc/machine-id", b"", 0o444)
    tree.symlink("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf")
    for path, text in _files(spec).items():
        tree.write(path, text.encode())


def _files(spec: BaseSpec) -> dict[str, str]:
    return {
        "etc/apt/sources.list.d/debian.sources": _sources(spec),
        "etc/cloud/cloud.cfg.d/01_base.cfg": _CLOUD,
        "etc/default/grub": _GRUB_DEFAULTS,
        "etc/default/locale": "LANG=C.UTF-8\n",
        "etc/fstab": f"UUID={spec.uuid('root')} / ext4 defaults,errors=remount-ro 0 1\n",
        "etc/hostname": "localhost\n",
        "etc/hosts": _HOSTS,
    }


def _sources(spec: BaseSpec) -> str:
    stanza = "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\nSigned-By: {}\n"
    return "\n".join(stanza.format(mirror, suite, KEYRING) for mirror, suite in spec.archives())


# cc_locale fails on a locale that is not generated, and generating one takes long in a guest.
_CLOUD = """\
locale: C.UTF-8
manage_etc_hosts: true
"""

_HOSTS = """\
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
"""

_GRUB_DEFAULTS = f"""\
# Read by update-grub, which writes /boot/grub/grub.cfg.
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT="{KERNEL_DEFAULTS}"
GRUB_CMDLINE_LINUX="{KERNEL_ARGUMENTS}"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
"""
