"""Packages that each family calls otherwise, and those that fight with kube-proxy.

From the families' package indexes; only names that the other family certainly has not.
"""

from __future__ import annotations

from imagegen.knowledge.distributions import Distribution, Manager

# a name of apt's that no dnf repository has -> the name there; empty where there is nothing like it
_APT_ONLY = {
    "conntrack": "conntrack-tools", "iproute2": "iproute", "nfs-common": "nfs-utils",
    "open-iscsi": "iscsi-initiator-utils", "dnsutils": "bind-utils",
    "bind9-dnsutils": "bind-utils", "openssh-client": "openssh-clients",
    "iputils-ping": "iputils", "netcat-openbsd": "nmap-ncat",
    "multipath-tools": "device-mapper-multipath", "libseccomp2": "libseccomp",
    "apt-transport-https": "", "software-properties-common": "", "python3-apt": "",
    "ifupdown": "", "linux-modules-extra": "", "apparmor-utils": "",
}
# a name of dnf's that Debian and Ubuntu have not -> the name there
_DNF_ONLY = {
    "conntrack-tools": "conntrack", "iproute": "iproute2", "nfs-utils": "nfs-common",
    "iscsi-initiator-utils": "open-iscsi", "bind-utils": "bind9-dnsutils",
    "openssh-clients": "openssh-client", "procps-ng": "procps", "iputils": "iputils-ping",
    "nmap-ncat": "netcat-openbsd", "vim-enhanced": "vim", "iptables-nft": "iptables",
    "device-mapper-multipath": "multipath-tools", "libseccomp": "libseccomp2",
    "epel-release": "", "iptables-services": "", "kernel-modules-extra": "",
}
OTHER_NAMES = {Manager.APT: _DNF_ONLY, Manager.DNF: _APT_ONLY, Manager.NONE: dict[str, str]()}

_RULES = "puts back rules of its own at boot or at a reload, and takes kube-proxy's away"
# package -> the unit that does it, and what it does
FIGHTS = {
    "firewalld": ("firewalld.service", _RULES), "ufw": ("ufw.service", _RULES),
    "iptables-persistent": ("netfilter-persistent.service", _RULES),
    "netfilter-persistent": ("netfilter-persistent.service", _RULES),
    "iptables-services": ("iptables.service", _RULES),
}
# what each package conflicts with that an image needs; apt takes that away without asking
DRIVES_OUT = {(Distribution.DEBIAN, "13"): {"firewalld": "cloud-init"}}
