"""Amazon Linux 2023: dnf, but systemd-networkd."""

from __future__ import annotations

from imagegen.knowledge.distributions.clocks import CHRONY_RPM
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
    ("ipvsadm.service", "the unit of the ipvsadm package restores and clears the IPVS table behind "
     "kube-proxy's back"),
    ("dnf-makecache.timer", "an immutable image is replaced, not upgraded in place"),
    ("update-motd.timer", "a node has nobody to tell news to"),
)

_SOURCES = {
    "manager": "Amazon Linux 2023 User Guide, package management tool",
    "kernel": "Amazon Linux 2023 User Guide, kernel; suffix not verified; lacks: the boot "
              "configurations of 6.1.19 and 6.1.141 in github.com/nyrahul/linux-kernel-configs",
    "systemd": "the release notes of 2023.2.20230920",
    "cloud_init": "Amazon Linux 2023 User Guide, customized cloud-init; version: the release notes",
    "python": "Amazon Linux 2023 User Guide, Python: 3.9 is the system's for the whole "
              "life; bz2 is in python3-libs, as in Fedora's python3.spec",
    "conntrack": "kernel commit a0ae2562c6c4 (4.19)",
    "network": "Amazon Linux 2023 User Guide, networking service: systemd-networkd",
    "reads_ipvs_modules": "the release has a package initscripts; that no image installs it is not "
                          "verified",
    "applies_sysctl_conf": "amazon-eks-ami writes /etc/sysctl.conf on it and relies on it "
                           "(templates/al2023/runtime/rootfs)",
    "packages": "github.com/amazonlinux/amazon-linux-2023, al2023-support-statements",
    "masked": "not verified on a booted node",
    "time_unit": "Amazon Linux 2023 User Guide, time: chrony",
    "chrony": "public copies of the release's /etc/chrony.conf (sourcedir /etc/chrony.d and a pool "
              "of Amazon's); not verified",
    "containerd": "amazon-eks-ami installs containerd from the release's own repository; not "
                  "verified",
    "trust": "update-ca-trust(8)",
    "archive_key": "Amazon's Corretto images import it (docker-library/repo-info, "
                   "repos/amazoncorretto); the release's system-release has it",
    "mirror": "mmdebstrap cannot read rpm repositories: give an image by path or url",
    "initramfs": "dracut, as in Fedora, its origin; not verified",
    "drop_ins": "OpenSSH 8.2 release notes, Include: the release has 8.7",
    "weak_kernels": "nothing known",
}

RELEASES = (
    Release(
        Distribution.AMAZON, "2023", Proof.RENDERED, Manager.DNF,
        Kernel("6.1", "kernel", ".ko.xz", lacks=("ip_vs_twos",)), 252, "22.2",
        Python("3.9", "/usr/bin/python3"),
        "nf_conntrack", Network.NETWORKD, reads_ipvs_modules=False, applies_sysctl_conf=True,
        packages=tools(iptables="iptables-nft", conntrack="conntrack-tools"), masked=_MASKED,
        time_unit="chronyd.service",
        chrony=CHRONY_RPM, containerd=Runtime("containerd"),
        trust=Trust("/etc/pki/ca-trust/source/anchors", ("update-ca-trust", "extract"),
                    "/etc/pki/tls/certs/ca-bundle.crt"),
        archive_key="/etc/pki/rpm-gpg/RPM-GPG-KEY-amazon-linux-2023",
        mirror=None, initramfs=Initramfs.DRACUT, drop_ins=True, weak_kernels={}, sources=_SOURCES,
    ),
)
