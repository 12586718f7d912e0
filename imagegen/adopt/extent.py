"""What of a node's files is looked at and not carried over, and what is not looked at at all.

A file is told where it says something of its owner's: not where it is only comments, and not where
it is what its package brought, by dpkg's own sum of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from imagegen.adopt.cluster_files import LOOKED_AT
from imagegen.adopt.notes import Notes
from imagegen.adopt.packages import STATUS
from imagegen.adopt.starters import matching
from imagegen.adopt.tree import Files

MAX_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the system: its name, its files, and what to do about them."""

    name: str
    paths: tuple[str, ...]
    remedy: str


_FILES = "bring what is still needed by os.files"
AREAS = (
    Area("limits of processes", ("/etc/security/limits.conf", "/etc/security/limits.d/*"), _FILES),
    Area("security policies", ("/etc/security/access.conf", "/etc/security/pwquality.conf",
                               "/etc/security/faillock.conf", "/etc/selinux/config",
                               "/etc/apparmor.d/local/*", "/etc/issue.net", "/etc/login.defs",
                               "/etc/pam.d/common-*", "/etc/hosts.allow", "/etc/hosts.deny",
                               "/etc/crypto-policies/config", "/etc/aide.conf"), _FILES),
    Area("jobs of cron", ("/etc/crontab", "/etc/cron.d/*", "/etc/cron.hourly/*",
                          "/etc/cron.daily/*", "/etc/cron.weekly/*", "/etc/cron.monthly/*",
                          "/var/spool/cron/*", "/var/spool/cron/crontabs/*", "/etc/anacrontab"),
         "write what is still needed as a timer (os.units)"),
    Area("audit rules", ("/etc/audit/auditd.conf", "/etc/audit/audit.rules",
                         "/etc/audit/rules.d/*"), _FILES),
    Area("udev rules", ("/etc/udev/rules.d/*", "/etc/udev/hwdb.d/*"), _FILES),
    Area("tuning by sysfs", ("/etc/sysfs.conf", "/etc/sysfs.d/*", "/etc/tmpfiles.d/*",
                             "/etc/default/irqbalance", "/etc/sysconfig/irqbalance",
                             "/etc/default/cpufrequtils", "/etc/udev/hdparm.conf"), _FILES),
    Area("tuned profiles", ("/etc/tuned/active_profile", "/etc/tuned/*/tuned.conf",
                            "/etc/tuned/profiles/*/tuned.conf", "/etc/tuned/tuned-main.conf"),
         "a profile of tuned sets sysctls, too: name those that are needed under os.sysctls"),
    Area("the network's configuration",
         ("/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*",
          "/etc/NetworkManager/system-connections/*", "/etc/systemd/network/*",
          "/etc/netplan/*", "/etc/network/interfaces", "/etc/network/interfaces.d/*",
          "/etc/sysconfig/network", "/etc/sysconfig/network-scripts/ifcfg-*",
          "/etc/sysconfig/network-scripts/route-*", "/etc/systemd/resolved.conf",
          "/etc/systemd/resolved.conf.d/*"),
         "addresses are one node's own and come with its seed; imagegen keeps kube-ipvs0 out of "
         "the network manager's hands by itself"),
    Area("firewall rules", ("/etc/nftables.conf", "/etc/nftables/*", "/etc/sysconfig/iptables",
                            "/etc/sysconfig/ip6tables", "/etc/sysconfig/nftables.conf",
                            "/etc/iptables/*", "/etc/iptables.rules", "/etc/iptables.up.rules",
                            "/etc/firewalld/firewalld.conf", "/etc/firewalld/*/*",
                            "/etc/ufw/ufw.conf", "/etc/ufw/user.rules", "/etc/ufw/user6.rules",
                            "/etc/ferm/*", "/etc/shorewall/*"),
         "rules that drop packets in INPUT or FORWARD cut services off; bring what is needed by "
         "os.files and os.units"),
    Area("multipath and iSCSI", ("/etc/multipath.conf", "/etc/multipath/conf.d/*",
                                 "/etc/iscsi/iscsid.conf"), _FILES),
    Area("systemd's own settings", ("/etc/systemd/journald.conf", "/etc/systemd/journald.conf.d/*",
                                    "/etc/systemd/logind.conf", "/etc/systemd/logind.conf.d/*",
                                    "/etc/systemd/system.conf", "/etc/systemd/system.conf.d/*",
                                    "/etc/systemd/coredump.conf", "/etc/systemd/sleep.conf"),
         _FILES),
    Area("logging", ("/etc/rsyslog.conf", "/etc/rsyslog.d/*", "/etc/logrotate.conf",
                     "/etc/logrotate.d/*"), _FILES),
    Area("the initial RAM disk", ("/etc/dracut.conf", "/etc/dracut.conf.d/*",
                                  "/etc/initramfs-tools/modules", "/etc/initramfs-tools/conf.d/*"),
         _FILES),
    Area("the network plugin", ("/etc/cni/net.d/*", "/etc/calico/*", "/etc/flannel/*"),
         "the plugin writes its own files when the node joins"),
)
# what a distribution's package writes as it is installed, or ships without being told by dpkg
_STOCK = re.compile(
    r"/etc/(modprobe\.d/(tuned|lockd|mlx4|truescale|kvm|vhost|mdadm|firewalld-sysctls|nvdimm-"
    r"security|[a-z0-9-]*-?blacklist[a-z0-9-]*|blacklist-[a-z-]+|fbdev-blacklist|amd64-microcode-"
    r"blacklist|intel-microcode-blacklist|iwlwifi|dkms|aliases|alsa-base)\.conf"
    r"|cron\.d/(0hourly|e2scrub_all|raid-check|sysstat|popularity-contest|\.placeholder)"
    r"|cron\.(hourly|daily|weekly|monthly)/(0anacron|\.placeholder|apt-compat|dpkg|logrotate|man-db"
    r"|exim4-base|bsdmainutils|mdadm|popularity-contest|sysstat|passwd|cracklib-runtime)"
    r"|crontab|anacrontab|login\.defs|issue\.net|rsyslog\.conf|logrotate\.conf"
    r"|rsyslog\.d/(50-default|20-ufw|21-cloudinit)\.conf|logrotate\.d/[a-z0-9._-]+"
    r"|iscsi/iscsid\.conf|tuned/tuned-main\.conf|security/limits\.d/20-nproc\.conf"
    r"|dracut\.conf\.d/(01-)?(dist|generic-image|virt|ec2|xen)[a-z0-9-]*\.conf"
    r"|tmpfiles\.d/(screen-cleanup|dnf|sudo)[a-z-]*\.conf|udev/rules\.d/70-persistent-[a-z]+\.rules"
    r"|audit/auditd\.conf|firewalld/firewalld\.conf|systemd/(journald|logind|system|resolved|coredump"
    r"|sleep)\.conf\.d/README)\Z")
_COMMENT = re.compile(r"\s*([#;!].*|//.*|)\Z")
# lines that say no more than the file's own default does
_DEFAULT_LINES = re.compile(
    r"\s*(\[[A-Za-z-]+\]|-D|-b 8192|-f 1|--backlog_wait_time 60000|SELINUX=enforcing"
    r"|SELINUXTYPE=targeted|source(-directory)? /etc/network/interfaces\.d/?\*?|auto lo"
    r"|iface lo inet loopback|plugins=(ifupdown,)?keyfile|managed=false|virtual-guest|ENABLED=no"
    r"|(SHELL|PATH|MAILTO|HOME|NETWORKING)=.*|DEFAULT|ONESHOT=|export .*|#.*|"
    r"MODULES=[a-z]+|flush ruleset|#!/usr/sbin/nft -f)\s*\Z")
_SSHD = ("/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*")
_STOCK_SSHD = re.compile(
    r"(include|hostkey)\s.*|subsystem\s+sftp\s.*|usepam\s+yes|x11forwarding\s+yes|printmotd\s+no"
    r"|acceptenv\s.*(lang|lc_).*|(kbdinteractive|challengeresponse)authentication\s+no"
    r"|syslogfacility\s+authpriv|authorizedkeysfile\s+\.ssh/authorized_keys"
    r"|gssapi(authentication\s+yes|cleanupcredentials\s+no)|usedns\s+no|printlastlog\s+(yes|no)"
    r"|useprivilegeseparation\s.*|protocol\s+2|match\s+all", re.I)


class Stock:
    """Which files are as their packages brought them."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @cached_property
    def _sums(self) -> dict[str, str]:
        """dpkg's status: ` /etc/x MD5` under `Conffiles:`."""
        rows = (line.split() for line in (self._files.text(STATUS) or "").splitlines()
                if line.startswith(" /etc/"))
        return {row[0]: row[1] for row in rows if len(row) > 1}

    def own_lines(self, path: str) -> list[str]:
        """The lines that say something of the owner's; none where the file is the package's."""
        data = self._files.read(path)
        known = self._sums.get(path)
        if not data or (known == hashlib.md5(data, usedforsecurity=False).hexdigest()) or (
                known is None and _STOCK.match(path)):
            return []
        text = data.decode("utf-8", "replace")
        return [line.strip() for line in text.splitlines()
                if not _COMMENT.match(line) and not _DEFAULT_LINES.match(line)]


def tell_extent(files: Files, notes: Notes) -> None:
    """Each file that deviates, an area a note; and one line on all that was looked at."""
    stock = Stock(files)
    for area in AREAS:
        names = [path for pattern in area.paths for path in matching(files, pattern)
                 if not path.rpartition("/")[2].startswith(".") and stock.own_lines(path)]
        if names:
            notes.add(f"{_few(list(dict.fromkeys(names)))}: {area.name}, not carried over; "
                      f"{area.remedy}", "os")
    _sshd(files, notes)
    notes.close(
        "looked at: os-release; kube-proxy's unit, pod, file and ConfigMap, and every other "
        f"program that starts it; for the cluster's ranges {LOOKED_AT}; sysctl.d, modules-load.d, "
        "modprobe.d, kernel arguments, swap, packages, package sources, accounts and their ssh "
        "keys, certificate authorities, proxies, time servers, units, containerd, kubelet; and "
        f"for what deviates: sshd, {', '.join(area.name for area in AREAS)}. Not looked at: every "
        "other file, what a program changed while it ran (sysctl, iptables, ipvsadm on the live "
        "node), and data")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - MAX_SHOWN} more" if names[MAX_SHOWN:] else ""
    return ", ".join(names[:MAX_SHOWN]) + more


def _sshd(files: Files, notes: Notes) -> None:
    """A setting of sshd's that is lost may open a door: each is named, with its line."""
    for path in (path for pattern in _SSHD for path in matching(files, pattern)):
        rows = enumerate((files.text(path) or "").splitlines(), 1)
        own = [f"{' '.join(line.split())[:80]} (line {number})" for number, line in rows
               if not _COMMENT.match(line) and not _STOCK_SSHD.fullmatch(line.strip())]
        if own and (path == _SSHD[0] or path.endswith(".conf")):
            notes.add(f"{path}: sshd's settings are not carried over: {_few(own)}; bring them by "
                      "os.files as a file of /etc/ssh/sshd_config.d", "os")


def modprobe_files(files: Files, needed: frozenset[str], notes: Notes) -> Iterator[dict[str, str]]:
    """/etc/modprobe.d: options and bans of modules, as the profile's files.

    modprobe.d(5): only names that end with .conf count.
    """
    stock = Stock(files)
    for path in matching(files, "/etc/modprobe.d/*"):
        if not stock.own_lines(path):
            continue
        text = files.text(path)
        if not path.endswith(".conf") or text is None:
            notes.add(f"{path} is not carried over: modprobe reads what ends with .conf alone",
                      "os", "files")
            continue
        kept = [line for line in text.splitlines() if not _forbids(path, line, needed, notes)]
        yield {"path": path, "content": "\n".join(kept) + "\n"}
    if files.text("/etc/modprobe.conf"):
        notes.add("/etc/modprobe.conf is not carried over: no kmod of today reads it", "os",
                  "files")


def _forbids(path: str, line: str, needed: frozenset[str], notes: Notes) -> bool:
    words = line.split()
    if len(words) < 2 or words[0] not in ("blacklist", "install", "remove"):
        return False
    name = words[1].replace("-", "_")
    if name not in needed or (words[0] == "install" and "modprobe" in line) or (
            words[0] == "remove"):
        return False
    notes.add(f"{path}: `{line.strip()}` keeps out {name}, which kube-proxy in IPVS mode needs: "
              "this line is not carried over", "os", "files")
    return True
