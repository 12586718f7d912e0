"""Ubuntu 22.04, 24.04 and 26.04. Debian's package names, other kernels."""

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
    ("ipvsadm.service", "Debian's unit of the ipvsadm package restores or flushes the IPVS table "
     "behind kube-proxy's back"),
    ("ufw.service", "its rules and kube-proxy's are in each other's way"),
    ("e2scrub_reap.service", "it costs seconds at every boot and serves LVM snapshots only"),
    ("grub-common.service", "it records a successful boot for a menu that an image does not show"),
    ("motd-news.timer", "a node has nobody to tell news to"),
    ("apt-daily.timer", "an immutable image is replaced, not upgraded in place"),
    ("apt-daily-upgrade.timer", "an immutable image is replaced, not upgraded in place"),
)

# the minimal cloud image of 22.04 boots it: onedr0p/cluster-template PR 612, kubespray issue 10602
_KVM = "linux-kvm has no ip_vs (seen with 5.15.0-1029-kvm and -1045-kvm)"

_SOURCES = {
    "manager": "apt(8)",
    "kernel": "public listings of /lib/modules on 22.04 (ip_vs.ko in 5.15.0-73-generic); the "
              "others not verified; every scheduler: the boot configurations of 5.15.0-144 and "
              "6.8.0-52 (generic), and 7.0's debian.master/config/annotations",
    "systemd": "Ubuntu's container images (docker-library/repo-info, repos/ubuntu)",
    "cloud_init": "github.com/canonical/cloud-init, debian/changelog: the release's first; each is "
                  "updated in place",
    "python": "not verified against the package index; bz2 is in libpython3-stdlib, as in Debian",
    "conntrack": "kernel commit a0ae2562c6c4 (4.19)",
    "network": "netplan.io with systemd-networkd on Ubuntu's cloud images",
    "reads_ipvs_modules": "no package of Ubuntu runs /etc/sysconfig/modules",
    "applies_sysctl_conf": "procps as in the Debian release that it came from; not verified",
    "packages": "Debian's packages, of universe and main; names seen in kubespray's and others' "
                "lists",
    "masked": "the unit files of Debian's packages; ufw and motd-news not verified",
    "time_unit": "systemd-timesyncd up to 25.04, chrony from 25.10; not verified",
    "chrony": "the package's chrony.conf names /etc/chrony/sources.d; not verified",
    "containerd": "https://packages.ubuntu.com/containerd; not verified",
    "trust": "update-ca-certificates(8)",
    "archive_key": "the package ubuntu-keyring, which apt depends on; Signed-By of the "
                   "ubuntu.sources that 24.04's images have",
    "mirror": "no archive of Ubuntu's is built from: give a cloud image by path or url",
    "initramfs": "initramfs-tools up to 25.04, dracut from 25.10: "
                 "https://discourse.ubuntu.com/t/spec-switch-to-dracut/54776; "
                 "not verified on 26.04",
    "drop_ins": "OpenSSH 8.2 release notes, Include; openssh-server of Debian",
    "weak_kernels": "https://github.com/onedr0p/cluster-template/pull/612; "
                    "https://github.com/kubernetes-sigs/kubespray/issues/10602",
}


def _ubuntu(release: str, kernel: Kernel, systemd: int, cloud_init: str, python: str,
            time_unit: str, *, applies_sysctl_conf: bool,
            initramfs: Initramfs = Initramfs.INITRAMFS_TOOLS) -> Release:
    return Release(
        Distribution.UBUNTU, release, Proof.RENDERED, Manager.APT, kernel, systemd, cloud_init,
        Python(python, "/usr/bin/python3"), "nf_conntrack", Network.NETWORKD,
        reads_ipvs_modules=False, applies_sysctl_conf=applies_sysctl_conf, packages=tools(),
        masked=_MASKED, time_unit=time_unit,
        chrony=CHRONY_APT, containerd=Runtime("containerd"),
        trust=Trust("/usr/local/share/ca-certificates", ("update-ca-certificates",)),
        archive_key="/usr/share/keyrings/ubuntu-archive-keyring.gpg",
        mirror=None, initramfs=initramfs, drop_ins=True,
        weak_kernels={"linux-kvm": _KVM, "linux-image-kvm": _KVM}, sources=_SOURCES,
    )


RELEASES = (
    _ubuntu("22.04", Kernel("5.15", "linux-image-virtual", ".ko"), 249, "22.1", "3.10",
            "systemd-timesyncd.service", applies_sysctl_conf=True),
    _ubuntu("24.04", Kernel("6.8", "linux-image-virtual", ".ko.zst"), 255, "24.1", "3.12",
            "systemd-timesyncd.service", applies_sysctl_conf=True),
    _ubuntu("26.04", Kernel("7.0", "linux-image-virtual", ".ko.zst"), 259, "26.1", "3.14",
            "chrony.service", applies_sysctl_conf=False, initramfs=Initramfs.DRACUT),
)
