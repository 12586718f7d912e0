"""Folders whose reader takes files of certain names only, and what of a node is its own alone."""

from __future__ import annotations

import re

_RUN_PARTS = r"[A-Za-z0-9_-]+"
_DOT = "a name without dots"


def _ending(*suffixes: str) -> tuple[re.Pattern[str], str]:
    return (re.compile(rf".+({'|'.join(map(re.escape, suffixes))})"),
            f"a name that ends in {' or '.join(suffixes)}")


_CONF = _ending(".conf")
# last part of a folder's path, under /etc, /usr/lib or /usr/local/lib -> the names that are read
# (each reader's manual page: sysctl.d(5), modules-load.d(5), cron(8), sudoers(5), …)
READ = {
    "sysctl.d": _CONF, "modules-load.d": _CONF, "modprobe.d": _CONF, "tmpfiles.d": _CONF,
    "sysusers.d": _CONF, "ssh/sshd_config.d": _CONF, "security/limits.d": _CONF,
    "NetworkManager/conf.d": _CONF, "udev/rules.d": _ending(".rules"),
    "polkit-1/rules.d": _ending(".rules"), "profile.d": _ending(".sh", ".csh"),
    "systemd/network": _ending(".network", ".netdev", ".link"), "netplan": _ending(".yaml"),
    "cloud/cloud.cfg.d": _ending(".cfg"), "cni/net.d": _ending(".conf", ".conflist", ".json"),
    "apt/sources.list.d": _ending(".list", ".sources"), "yum.repos.d": _ending(".repo"),
    "NetworkManager/system-connections": _ending(".nmconnection"),
    "sysconfig/modules": _ending(".modules"), "kubernetes/manifests": _ending(
        ".yaml", ".yml", ".json"),
    "sudoers.d": (re.compile(r"[^.~]+"), f"{_DOT} and `~`"),
    "cron.d": (re.compile(_RUN_PARTS), _DOT), "cron.hourly": (re.compile(_RUN_PARTS), _DOT),
    "cron.daily": (re.compile(_RUN_PARTS), _DOT), "cron.weekly": (re.compile(_RUN_PARTS), _DOT),
    "cron.monthly": (re.compile(_RUN_PARTS), _DOT), "update-motd.d": (re.compile(_RUN_PARTS), _DOT),
}
# dnf.conf(5), reposdir: the folders whose .repo files dnf reads
DNF_FOLDERS = ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d")
_ROOTS = ("/etc/", "/usr/lib/", "/usr/local/lib/", "/lib/")
# what runs each file of theirs, and passes over what is not executable
RUN = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly",
       "/etc/update-motd.d", "/etc/sysconfig/modules", "/etc/NetworkManager/dispatcher.d")
# where programs lie; other files may lie beside them
PROGRAMS = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin",
            "/opt/bin")

_IDENTITY = "every node would say that it is this one"
_CLIENT = "a key that lies in the image is every node's"
# one node's own; baked, all clones share it
OF_ONE_NODE = {
    "/etc/iscsi/initiatorname.iscsi": _IDENTITY, "/etc/nvme/hostnqn": _IDENTITY,
    "/etc/nvme/hostid": _IDENTITY, "/etc/hostid": _IDENTITY, "/etc/salt/minion_id": _IDENTITY,
    "/etc/credstore/system.machine_id": _IDENTITY,
    "/usr/lib/credstore/system.machine_id": _IDENTITY,
    "/etc/credstore/firstboot.hostname": _IDENTITY, "/var/lib/kubelet/pki": _CLIENT,
}
_WHOLE = "it would take the place of all that the base image and its packages wrote there"
_ACCOUNTS = (_WHOLE, "os.users adds accounts")
# the system's own: why a file of the profile's may not be there, and what to do
OF_SYSTEM = {
    **{f"/etc/{name}": _ACCOUNTS
       for name in ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")},
    "/etc/sudoers": (_WHOLE, "put the lines into a file of /etc/sudoers.d, or use `sudo: true` of "
                             "os.users"),
    "/etc/cloud/cloud-init.disabled": (
        "it turns cloud-init off, which brings each node its name and its kubeconfig",
        "remove it; a node asks one datasource only, and no more than it needs"),
}


def readable_names(path: str) -> tuple[re.Pattern[str], str] | None:
    """Which names the reader of a path's folder takes; None for a folder that takes all."""
    folder = path.rpartition("/")[0]
    return next((READ[folder.removeprefix(root)] for root in _ROOTS
                 if folder.startswith(root) and folder.removeprefix(root) in READ), None)
