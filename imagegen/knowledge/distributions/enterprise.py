"""Rocky Linux, AlmaLinux and RHEL, 8 to 10: one family, three vendors."""

from __future__ import annotations

from imagegen.knowledge.distributions.clocks import CHRONY_RPM
from imagegen.knowledge.distributions.model import (
    Distribution,
    Initramfs,
    Kernel,
    Manager,
    Network,
    Package,
    Proof,
    Python,
    Release,
    Runtime,
    Trust,
)
from imagegen.knowledge.distributions.tools import tools

MASKED = (
    ("firewalld.service", "a reload of it flushes the rules that kube-proxy made"),
    ("nm-cloud-setup.service", "it adds routing rules that take pods' traffic away"),
    ("nm-cloud-setup.timer", "it adds routing rules that take pods' traffic away"),
    ("ipvsadm.service", "the unit of the ipvsadm package restores and clears the IPVS table behind "
     "kube-proxy's back"),
    ("dnf-makecache.timer", "an immutable image is replaced, not upgraded in place"),
    ("dnf-automatic.timer", "an immutable image is replaced, not upgraded in place"),
)

_EXTRA_MODULES = Package(
    "kernel-modules-extra", None, None,
    "EL10 keeps br_netfilter, ip_set and xt_* in it, and no image has it from the start",
    "https://github.com/kubernetes/kops/pull/18724", per_kernel=True,
)
_PYTHON39 = Package(
    "python39", "/usr/bin/python3.9", None,
    "the node's check needs Python 3.9, and EL8's own is 3.6",
    "Red Hat, Configuring basic system settings (RHEL 8), table 18.1",
)

_SOURCES = {
    "manager": "dnf(8)",
    "kernel": "Red Hat's release notes for the series; kmod listings of RHEL 10 in "
              "https://github.com/kubernetes/kops/pull/18724; lacks: kernel-x86_64-rhel.config of "
              "5.14 (EL9, openela-main/kernel) and of 7.2 (Fedora's package), which say the same, "
              "so that EL10's 6.12 is taken to; the rest not verified",
    "systemd": "239 (EL8), 252 (EL9), 257 (EL10): systemd.spec; AlmaLinux's container image",
    "cloud_init": "not verified against the package index; each release is updated in place",
    "python": "Red Hat, Configuring basic system settings (RHEL 8), table 18.1; Installing and "
              "using dynamic programming languages (RHEL 9), table 1.1; EL10 not verified; "
              "bz2 is in python3-libs, as in Fedora's python3.spec",
    "conntrack": "RHEL 8's 4.18 has kernel commit a0ae2562c6c4 ported back: "
                 "https://github.com/replicatedhq/kURL/issues/5057 (its configuration still names "
                 "CONFIG_NF_CONNTRACK_IPV4)",
    "network": "NetworkManager is the family's default",
    "reads_ipvs_modules": "loadmodules.service of the package initscripts, up to EL9, whose images "
                          "do not install it; EL10 not verified",
    "applies_sysctl_conf": "/etc/sysctl.d/99-sysctl.conf is a link to it; EL10 not verified",
    "packages": "names seen in kops' nodeup and public installation scripts; EL10's iptables-nft: "
                "https://github.com/kubernetes/kops/pull/18179; EL9's iptables-nft not verified",
    "masked": "https://docs.k3s.io/installation/requirements, nm-cloud-setup; firewalld: "
              "RKE2 and k3s, known issues; the rest not verified",
    "time_unit": "chrony is the family's default",
    "chrony": "Red Hat, Configuring time synchronization: /etc/chrony.conf; that the package's "
              "file includes no folder of the owner's is from public copies of it, not verified",
    "containerd": "no repository of the family has it; Docker's has containerd.io: "
                  "https://docs.docker.com/engine/install/rhel/; not verified",
    "trust": "update-ca-trust(8)",
    "archive_key": "https://rockylinux.org/resources/gpg-key-info; AlmaLinux's wiki, release notes "
                   "of 10, and public copies of its .repo files; Red Hat, Packaging and "
                   "distributing software, RPM-GPG-KEY-redhat-release; no release was booted",
    "mirror": "mmdebstrap cannot read rpm repositories: give a cloud image by path or url",
    "initramfs": "dracut(8); the kernel packages of the family call it",
    "drop_ins": "OpenSSH 8.2 release notes, Include: EL8 has 8.0",
    "weak_kernels": "nothing known for the family's own kernels; Oracle's UEK lacks ip_vs_wrr",
}
_LACKS = ("ip_vs_twos",)
_UEK = "Oracle's UEK lacks ip_vs_wrr"


def _key(distribution: Distribution, release: str) -> str:
    """The last part of the key's name: each release of the rebuilds has its own from 9 on."""
    name = {Distribution.ROCKY: "Rocky", Distribution.ALMALINUX: "AlmaLinux"}.get(distribution)
    if name is None:
        return "redhat-release"
    first = {"Rocky": "rockyofficial", "AlmaLinux": "AlmaLinux"}[name]
    return first if release == "8" else f"{name}-{release}"


def _enterprise(distribution: Distribution, release: str, kernel: Kernel, systemd: int,
                cloud_init: str, python: Python, *, extra: tuple[Package, ...], iptables: str,
                reads_ipvs_modules: bool, drop_ins: bool) -> Release:
    return Release(
        distribution, release, Proof.RENDERED, Manager.DNF, kernel, systemd, cloud_init, python,
        "nf_conntrack", Network.NETWORK_MANAGER, reads_ipvs_modules=reads_ipvs_modules,
        applies_sysctl_conf=True,
        packages=(*tools(iptables=iptables, conntrack="conntrack-tools"), *extra),
        masked=MASKED, time_unit="chronyd.service",
        chrony=CHRONY_RPM, containerd=Runtime(None),
        trust=Trust("/etc/pki/ca-trust/source/anchors", ("update-ca-trust", "extract"),
                    "/etc/pki/tls/certs/ca-bundle.crt"),
        archive_key=f"/etc/pki/rpm-gpg/RPM-GPG-KEY-{_key(distribution, release)}",
        mirror=None, initramfs=Initramfs.DRACUT, drop_ins=drop_ins,
        weak_kernels={"kernel-uek": _UEK, "kernel-uek-core": _UEK}, sources=_SOURCES,
    )


def _all(distribution: Distribution) -> tuple[Release, ...]:
    return (
        _enterprise(distribution, "8", Kernel("4.18", "kernel-core", ".ko.xz"), 239, "23.4",
                    Python("3.9", "/usr/bin/python3.9", package="python39"),
                    extra=(_PYTHON39,), iptables="iptables", reads_ipvs_modules=True,
                    drop_ins=False),
        _enterprise(distribution, "9", Kernel("5.14", "kernel-core", ".ko.xz", lacks=_LACKS), 252,
                    "23.4", Python("3.9", "/usr/bin/python3"), extra=(), iptables="iptables-nft",
                    reads_ipvs_modules=True, drop_ins=True),
        _enterprise(distribution, "10", Kernel("6.12", "kernel-core", ".ko.xz", lacks=_LACKS), 257,
                    "24.4", Python("3.12", "/usr/bin/python3"), extra=(_EXTRA_MODULES,),
                    iptables="iptables-nft", reads_ipvs_modules=False, drop_ins=True),
    )


RELEASES = tuple(release for distribution in
                 (Distribution.ROCKY, Distribution.ALMALINUX, Distribution.RHEL)
                 for release in _all(distribution))
