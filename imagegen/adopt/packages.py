"""The packages of the old node, and those of them that a profile should name."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.adopt.collector import FACTS
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.knowledge.distributions import Manager, Release

STATUS = "/var/lib/dpkg/status"
# Tools that people put on nodes by hand, by all names that they go by -> Debian's
_TOOLS = {
    "socat": "socat", "ebtables": "ebtables", "ethtool": "ethtool", "jq": "jq", "curl": "curl",
    "tcpdump": "tcpdump", "strace": "strace", "lsof": "lsof", "sysstat": "sysstat",
    "chrony": "chrony", "nfs-common": "nfs-common", "nfs-utils": "nfs-common",
    "open-iscsi": "open-iscsi", "iscsi-initiator-utils": "open-iscsi", "lvm2": "lvm2",
    "multipath-tools": "multipath-tools", "device-mapper-multipath": "multipath-tools",
    "cifs-utils": "cifs-utils", "ceph-common": "ceph-common", "keepalived": "keepalived",
    "haproxy": "haproxy", "bridge-utils": "bridge-utils", "nftables": "nftables",
    "arptables": "arptables", "wireguard-tools": "wireguard-tools",
}
# the same tools as dnf's distributions call them
_RPM = {"nfs-common": "nfs-utils", "open-iscsi": "iscsi-initiator-utils",
        "multipath-tools": "device-mapper-multipath"}
# The node's parts that a profile does not carry, or carries elsewhere
_PARTS = ("kubeadm", "kubectl", "docker-ce", "docker", "docker.io",
          "cri-o", "cri-tools", "kubernetes-cni", "etcd", "flannel", "calico-node")


def installed(files: Files) -> dict[str, str]:
    """Name -> version of what dpkg has installed, or of what rpm said to the collector."""
    rows = (line.split() for line in (files.text(f"{FACTS}/packages") or "").splitlines())
    return {**{row[0]: row[1] for row in rows if len(row) == 2},
            **dict(_installed(files.text(STATUS) or ""))}


def _installed(status: str) -> Iterator[tuple[str, str]]:
    for paragraph in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.split("\n")
                      if ": " in line and not line.startswith(" "))
        if fields.get("Status", "").endswith(" installed") and "Package" in fields:
            yield fields["Package"], fields.get("Version", "")


def names_of(listed: str) -> list[str]:
    """A list of packages, one a line, as `rpm -qa --qf '%{NAME}\\n'` prints it."""
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def adopted_packages(names: list[str], release: Release, notes: Notes) -> list[str]:
    """The tools that imagegen does not install anyway, under their names in the profile's release.

    The rest of a system comes with the base image, so only well-known tools are carried over.
    """
    if not names:
        notes.add("no list of packages was given (dpkg's status, or --packages): name what the "
                  "node needs beyond imagegen's own under os.packages", "os", "packages")
        return []
    parts = [name for name in names if name in _PARTS]
    if parts:
        notes.add(f"the node has {', '.join(parts)}: not carried over by adopt", "os", "packages")
    if release.manager is Manager.NONE:
        return []
    tools = dict.fromkeys(_TOOLS[name] for name in names if name in _TOOLS)
    if release.manager is Manager.DNF:
        tools = dict.fromkeys(_RPM.get(name, name) for name in tools)
    known = {one.name for one in release.packages}
    notes.add("of its packages only well-known tools are carried over; name what else the node "
              "needs under os.packages", "os", "packages")
    return sorted(tool for tool in tools if tool not in known)
