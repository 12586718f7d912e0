"""Paths of a node that are spoken for, so that a profile cannot write there and be lied to."""

from __future__ import annotations

from functools import lru_cache

from imagegen.knowledge.distributions import Manager

# From the distribution's usr merge and its links into /run: two names of one place.
SAME = (("/bin/", "/usr/bin/"), ("/sbin/", "/usr/sbin/"), ("/lib/", "/usr/lib/"),
        ("/lib64/", "/usr/lib64/"), ("/var/run/", "/run/"), ("/var/lock/", "/run/lock/"))

# What imagegen itself writes, in the image or by a node's seed; a test compares it with the trees.
OWN = (
    "/etc/NetworkManager/conf.d/90-imagegen-ipvs.conf",
    "/etc/apt/apt.conf.d/90-imagegen-proxy",
    "/etc/apt/sources.list.d/imagegen.sources",
    "/etc/yum.repos.d/imagegen.repo",
    "/etc/cloud/cloud.cfg.d/90-imagegen.cfg",
    "/etc/default/grub.d/90-imagegen.cfg",
    "/etc/imagegen",
    "/etc/imagegen-release",
    "/etc/initramfs-tools/scripts/init-bottom/imagegen-overlay",
    "/etc/kubernetes/kube-proxy.token",
    "/etc/modules-load.d/imagegen-ipvs.conf",
    "/etc/ssh/sshd_config.d/imagegen-users.conf",
    "/etc/sysconfig/modules/ipvs.modules",
    "/etc/sysctl.d/99-zz-imagegen-ipvs.conf",
    "/etc/systemd/network/05-imagegen-kube-ipvs0.network",
    "/etc/systemd/networkd.conf.d/90-imagegen-ipvs.conf",
    "/etc/systemd/networkd.conf.d/90-imagegen-root.conf",
    "/etc/systemd/system/kubelet.service.wants/imagegen-gate.service",
    "/etc/systemd/system/multi-user.target.wants/imagegen-check.service",
    "/etc/systemd/system/multi-user.target.wants/kube-proxy.service",
    "/etc/systemd/timesyncd.conf.d/90-imagegen.conf",
    "/usr/bin/ipvs-check",
    "/usr/lib/imagegen",
    "/usr/lib/systemd/system/imagegen-check.service",
    "/usr/lib/systemd/system/imagegen-gate.service",
    "/usr/lib/systemd/system/kube-proxy.service",
    "/usr/lib/tmpfiles.d/imagegen.conf",
    "/usr/share/initramfs-tools/modules.d/imagegen-overlay",
    # the seal proves that these are gone
    "/etc/cloud/cloud.cfg.d/99-imagegen-build.cfg",
    "/etc/ssh/sshd_config.d/imagegen-build.conf",
)

# of these, what is there for kube-proxy's own unit only
KUBE_PROXYS = tuple(path for path in OWN if "kube-proxy." in path)

# dnf.conf(5): the only file of settings that dnf 4 reads, and the owner's of dnf 5's
DNF_MAIN = "/etc/dnf/dnf.conf"

# the units that speak to the world, and so get the profile's proxy
PROXIED = ("kube-proxy.service", "containerd.service", "kubelet.service")

_KERNEL = "it is the kernel's, not the image's"
_BOOT = "it is empty at every boot"
_SEAL = "the seal of the image removes it"
_CLOUD_INIT = "cloud-init writes it on each node"

# What does not stay as it was baked, and why: a file of the profile there would be red for ever.
FLEETING = {
    "/dev": _KERNEL, "/proc": _KERNEL, "/sys": _KERNEL,
    "/run": _BOOT, "/tmp": _BOOT, "/var/tmp": _SEAL,
    "/etc/hostname": _SEAL, "/etc/machine-id": _SEAL, "/var/lib/dbus/machine-id": _SEAL,
    "/etc/hosts": _CLOUD_INIT, "/etc/netplan/50-cloud-init.yaml": _SEAL,
    "/etc/network/interfaces.d/50-cloud-init": _SEAL, "/etc/resolv.conf": _SEAL,
    "/root/.ssh": _SEAL, "/root/.cache": _SEAL, "/root/.bash_history": _SEAL,
    "/var/log": _SEAL, "/var/lib/dhcp": _SEAL, "/var/lib/apt/lists": _SEAL,
    "/var/cache/apt": _SEAL, "/var/lib/cloud": _SEAL, "/var/lib/systemd/random-seed": _SEAL,
    "/var/lib/systemd/credential.secret": _SEAL, "/var/lib/systemd/timesync": _SEAL,
}


@lru_cache(4096)  # a lint holds every path against every other
def one_name(path: str) -> str:
    """The path under the one name that its place has."""
    for other, name in SAME:
        if path.startswith(other):
            return name + path.removeprefix(other)
    return path


def within(path: str, folder: str) -> bool:
    """Whether a path is the folder itself or lies in it."""
    return path == folder or path.startswith(f"{folder}/")


def mirror_key(manager: Manager, number: int) -> str:
    """Where the key of a mirror of os.packageMirrors lies: beside those of the manager's own."""
    if manager is Manager.DNF:
        return f"/etc/pki/rpm-gpg/RPM-GPG-KEY-imagegen-{number}"
    return f"/usr/share/keyrings/imagegen-{number}.asc"
