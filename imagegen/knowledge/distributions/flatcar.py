"""Flatcar Container Linux: no package manager, no cloud-init, no Python, /usr read-only."""

from __future__ import annotations

from imagegen.knowledge.distributions.clocks import CHRONY_APT
from imagegen.knowledge.distributions.model import (
    Distribution,
    Initramfs,
    Kernel,
    Manager,
    Network,
    Proof,
    Python,
    Release,
    Runtime,
    Trust,
)
from imagegen.knowledge.distributions.tools import tools

_MASKED = (
    ("update-engine.service", "it would replace the system under the node; an immutable node is "
     "replaced as a whole"),
    ("locksmithd.service", "it reboots a node for an update that nobody asked for"),
)
_EBUILD = "flatcar/scripts, coreos-base/coreos/coreos-0.0.1.ebuild"
_CONFIG = ("flatcar/scripts, sys-kernel/coreos-modules/files, commonconfig-6.12 and "
           "amd64_defconfig-6.12")

_SOURCES = {
    "manager": f"{_EBUILD}: the image is fixed, and no manager is in it",
    "kernel": f"{_CONFIG}: MODULE_COMPRESS_XZ; no IP_VS_OVF, no IP_VS_TWOS",
    "systemd": "flatcar/scripts, tag stable-4593.2.5, sys-apps/systemd",
    "cloud_init": f"{_EBUILD}: coreos-cloudinit is another program; Ignition configures a node",
    "python": f"{_EBUILD}: no Python in it",
    "conntrack": "kernel commit a0ae2562c6c4 (4.19)",
    "network": "Flatcar documentation, network configuration: systemd-networkd",
    "reads_ipvs_modules": "no initscripts in the image",
    "applies_sysctl_conf": "not verified",
    "packages": f"{_EBUILD}: ipvsadm, ipset, iptables and conntrack-tools are in the image",
    "masked": "Flatcar documentation, update strategies",
    "time_unit": "Flatcar documentation, date and time: systemd-timesyncd",
    "chrony": "not in the image; the client is systemd-timesyncd",
    "containerd": "Flatcar documentation, customizing Docker and containerd: it is in the image, "
                  "and a drop-in takes its unit's --config away",
    "trust": "Flatcar documentation, custom certificate authorities",
    "archive_key": f"{_EBUILD}: no manager, so no packages are signed",
    "mirror": "an image is fetched, not built from packages: give it by path or url",
    "initramfs": "flatcar/bootengine: it is part of the kernel's own file",
    "drop_ins": "not used: no build logs in",
    "weak_kernels": "there is one kernel",
}

RELEASES = (
    Release(
        Distribution.FLATCAR, "stable", Proof.RENDERED, Manager.NONE,
        Kernel("6.12", "coreos-kernel", ".ko.xz", lacks=("ip_vs_ovf", "ip_vs_twos")), 257, None,
        Python("", ""), "nf_conntrack", Network.NETWORKD, reads_ipvs_modules=False,
        applies_sysctl_conf=False, packages=tools(), masked=_MASKED,
        time_unit="systemd-timesyncd.service", chrony=CHRONY_APT,
        containerd=Runtime("containerd", told=True),
        trust=Trust("/etc/ssl/certs", ("update-ca-certificates",)), archive_key="",
        mirror=None,
        initramfs=Initramfs.VENDOR, drop_ins=True,
        weak_kernels={}, sources=_SOURCES,
    ),
)
