"""Debian 11, 12 and 13."""

from __future__ import annotations

from imagegen.knowledge.distributions.clocks import CHRONY_APT
from imagegen.knowledge.distributions.model import (
    Distribution,
    Initramfs,
    Kernel,
    Manager,
    Mirror,
    Network,
    Proof,
    Python,
    Release,
    Runtime,
    Trust,
)
from imagegen.knowledge.distributions.tools import tools

_MASKED = (
    ("ipvsadm.service", "Debian's unit of the ipvsadm package restores or flushes the IPVS table "
     "behind kube-proxy's back"),
    ("e2scrub_reap.service", "it costs seconds at every boot and serves LVM snapshots only"),
    ("grub-common.service", "it records a successful boot for a menu that an image does not show"),
    ("apt-daily.timer", "an immutable image is replaced, not upgraded in place"),
    ("apt-daily-upgrade.timer", "an immutable image is replaced, not upgraded in place"),
)

_SEEN = "seen on a booted guest of imagegen's tests"
_INDEX = "Debian's package index of the release, November 2026"

_SOURCES = {
    "manager": "apt(8)",
    "kernel": f"{_INDEX}; {_SEEN}; lacks: the boot configurations of 5.10.0-28, 6.1.0-18 and 6.12 "
              "(cloud-amd64)",
    "systemd": _INDEX,
    "cloud_init": _INDEX,
    "python": f"{_INDEX}; bz2 is in libpython3-stdlib, which its cloud-init needs; {_SEEN}",
    "conntrack": "kernel commit a0ae2562c6c4 (4.19)",
    "network": "imagegen's base image: netplan.io with systemd-networkd",
    "reads_ipvs_modules": "no package of Debian runs /etc/sysconfig/modules",
    "packages": _INDEX,
    "masked": "the unit files of the packages (ipvsadm: an init script up to 12); "
              "systemd-analyze blame on a booted guest",
    "time_unit": "imagegen's base image installs no time client",
    "chrony": f"the package's chrony.conf names /etc/chrony/sources.d; {_SEEN}",
    "containerd": "https://packages.debian.org/containerd",
    "trust": "update-ca-certificates(8)",
    "archive_key": "the package debian-archive-keyring, which apt depends on",
    "mirror": "built and booted by imagegen's tests",
    "initramfs": f"linux-image-*, Depends; {_SEEN}",
    "drop_ins": f"OpenSSH 8.2 release notes, Include; {_SEEN}",
    "weak_kernels": "the cloud kernels hold every module of IPVS but ip_vs_twos, which 6.12 has: "
                    "seen on booted guests",
}


def _debian(release: str, kernel: Kernel, systemd: int, cloud_init: str, python: str,
            mirror: Mirror, *, network: Network = Network.NETWORKD, applies_sysctl_conf: bool,
            sources: dict[str, str]) -> Release:
    return Release(
        Distribution.DEBIAN, release, Proof.BOOTED, Manager.APT, kernel, systemd, cloud_init,
        Python(python, "/usr/bin/python3"), "nf_conntrack", network,
        reads_ipvs_modules=False, applies_sysctl_conf=applies_sysctl_conf, packages=tools(),
        masked=_MASKED, time_unit=None,
        chrony=CHRONY_APT, containerd=Runtime("containerd"),
        trust=Trust("/usr/local/share/ca-certificates", ("update-ca-certificates",)),
        archive_key="/usr/share/keyrings/debian-archive-keyring.gpg",
        mirror=mirror, initramfs=Initramfs.INITRAMFS_TOOLS, drop_ins=True, weak_kernels={},
        sources=_SOURCES | sources,
    )


_CLOUD = "linux-image-cloud-amd64"
_SECURITY = "http://deb.debian.org/debian-security"

RELEASES = (
    _debian(
        "11", Kernel("5.10", _CLOUD, ".ko"), 247, "20.4", "3.9",
        # as Debian's own cloud image: its cloud-init needs ifupdown, prefers it to netplan, and
        # dhclient writes resolv.conf; systemd-resolved is no package of its own there
        Mirror("bullseye", "", add=("isc-dhcp-client",),
               without=("netplan.io", "systemd-resolved")),
        network=Network.IFUPDOWN,
        applies_sysctl_conf=True,
        sources={
            "network": f"cloud-init 20.4, net/renderers.py; {_SEEN}",
            "applies_sysctl_conf": "the package systemd 247 holds /etc/sysctl.d/99-sysctl.conf",
            "mirror": "built and booted by imagegen's tests; the index of bullseye-security still "
                      "stands on deb.debian.org in November 2026, but names files that its pool no "
                      "longer has",
        },
    ),
    _debian(
        "12", Kernel("6.1", _CLOUD, ".ko", lacks=("ip_vs_twos",)), 252, "22.4", "3.11",
        Mirror("bookworm", _SECURITY),
        applies_sysctl_conf=True,
        sources={"applies_sysctl_conf":
                 "the package systemd 252 holds /etc/sysctl.d/99-sysctl.conf"},
    ),
    _debian(
        "13", Kernel("6.12", _CLOUD, ".ko.xz"), 257, "25.1", "3.13", Mirror("trixie", _SECURITY),
        applies_sysctl_conf=False,
        sources={"applies_sysctl_conf":
                 "systemd 257 has no such link, procps 4.0.4 no sysctl.conf"},
    ),
)
