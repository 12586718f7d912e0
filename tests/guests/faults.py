"""Faults that a node can have, each with the fact that must turn red for it, and its mend.

A row is what is done to a healthy node that serves the seed's cluster. `also` names facts that go
down with it for good reason; any other red fact is a false alarm.
"""

from __future__ import annotations

from dataclasses import dataclass

API = "10.254.0.1:443"
CONFIG = "/etc/kubernetes/kube-proxy.yaml"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done, what must be red, a word that its finding must hold, and what mends it.

    A mend first puts `files` and what lies at `keeps` back as they were and wakes a kube-proxy that
    was stopped, by a restart. It is None where only another boot helps; `leaves` names a warning
    that tells of this boot for as long as it lasts.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    red: str
    says: str
    also: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    result: str = "red"
    keeps: tuple[str, ...] = ()
    mend: tuple[tuple[str, ...], ...] | None = ()
    leaves: tuple[str, ...] = ()


# A kube-proxy that is awake would mend the table at its next sync; one stopped in its tracks
# answers nothing either.
ASLEEP = ("pkill", "-STOP", "kube-proxy")
NO_ANSWER = ("ipvs.mode", "ipvs.sync")
RESTART = ("systemctl", "restart", "kube-proxy")
RELOAD = ("systemctl", "daemon-reload")
BOOKS = "/var/lib/dpkg/status"
IPVS_GONE = ("ipvs.mode", "ipvs.sync", "ipvs.device", "ipvs.api-service", "ipvs.scheduler",
             "ipvs.forwarding", "ipvs.sets.IPv4", "ipvs.set-entries.IPv4", "ipvs.chains.IPv4")

# Faults of a node whose root is an overlay (test_immutable.py). The image's own boot menu lies
# below the overlay, so a boot with the overlay switched off takes a hand that writes there.
LOWER = "/run/imagegen-root/lower"
IMAGE_REMOUNTED = Fault("image-remounted", (("mount", "-o", "remount,rw", LOWER),), "root.overlay",
                        "the image below can be written to")
BOOTED_WRITABLE = Fault(
    "booted-writable",
    (("mount", "-o", "remount,rw", LOWER),
     ("sed", "-i", "-E", r"s/^(\s*linux\s.*)$/\1 imagegen.root=writable/",
      f"{LOWER}/boot/grub/grub.cfg"),
     ("mount", "-o", "remount,ro", LOWER)),
    "root.overlay", "imagegen.root=writable")
ROOT_FAULTS = (IMAGE_REMOUNTED, BOOTED_WRITABLE)

# Rules of releases that no test boots: their red is seen with the files' text, in tests/node, and
# imagegen/knowledge/distributions says RENDERED of each such release.
NEVER_BOOTED = {"dnf_repositories": "tests/node/test_dnf.py"}

FAULTS = (
    Fault("module-blacklisted", (("rmmod", "ip_vs_sh"),), "module.ip_vs_sh",
          "/etc/modprobe.d/hardening.conf",
          files=(("/etc/modprobe.d/hardening.conf", "install ip_vs_sh /bin/false\n"),),
          mend=(("modprobe", "ip_vs_sh"),)),
    Fault("sysctl-overridden", (("sysctl", "-q", "--system"),), "sysctl.net.ipv4.ip_forward",
          "/etc/sysctl.d/zz-local.conf",
          files=(("/etc/sysctl.d/zz-local.conf", "net/ipv4/ip_forward = 0\n"),),
          mend=(("sysctl", "-q", "--system"),)),
    Fault("ipset-removed", (("dpkg", "--purge", "--force-depends", "ipset"),), "package.ipset",
          "ipset", keeps=("/usr/sbin/ipset", BOOKS)),
    Fault("iptables-mode", (("sed", "-i", "s/^mode: ipvs/mode: iptables/", CONFIG),
                            RESTART, ("sleep", "20")),
          "ipvs.mode", "iptables",
          also=(*IPVS_GONE, "file.kube-proxy.yaml", "rivals.left-overs"), keeps=(CONFIG,),
          # the first time it fails over chains that its own other rules still name
          mend=(("systemctl", "stop", "kube-proxy"),
                ("sh", "-c", "kube-proxy --cleanup || kube-proxy --cleanup"), RESTART)),
    Fault("kube-proxy-stopped", (("systemctl", "stop", "kube-proxy"),), "unit.kube-proxy.service",
          "kube-proxy.service is", also=("ipvs.mode", "ipvs.sync", "kube-proxy.command"),
          mend=(RESTART,)),
    Fault("api-server-missing",
          (ASLEEP, ("ipvsadm", "-d", "-t", API, "-r", "192.168.1.143:6443")),
          "ipvs.api-service", "192.168.1.143:6443", also=NO_ANSWER),
    Fault("wrong-scheduler", (ASLEEP, ("ipvsadm", "-E", "-t", API, "-s", "wrr")),
          "ipvs.scheduler", "wrr", also=NO_ANSWER),
    Fault("route-not-masq",
          (ASLEEP, ("ipvsadm", "-d", "-t", "10.254.72.60:80", "-r", "172.30.90.4:8080"),
           ("ipvsadm", "-a", "-t", "10.254.72.60:80", "-r", "172.30.90.4:80", "-g")),
          "ipvs.forwarding", "Route", also=NO_ANSWER),
    Fault("device-deleted", (ASLEEP, ("ip", "link", "delete", "kube-ipvs0")), "ipvs.device",
          "kube-ipvs0", also=NO_ANSWER),
    Fault("stray-probe", (ASLEEP, ("ipvsadm", "-A", "-t", "198.51.100.0:20000", "-s", "rr")),
          "ipvs.stray-probe", "198.51.100.0:20000",
          also=("ipvs.device", "ipvs.endpoints", *NO_ANSWER),
          mend=(("ipvsadm", "-D", "-t", "198.51.100.0:20000"),)),
    Fault("loopback-server", (ASLEEP, ("ipvsadm", "-A", "-t", "127.0.0.1:27841", "-s", "rr")),
          "ipvs.loopback", "127.0.0.1:27841", also=("ipvs.endpoints", *NO_ANSWER),
          result="warning", mend=(("ipvsadm", "-D", "-t", "127.0.0.1:27841"),)),
    Fault("drained", (ASLEEP, ("ipvsadm", "-e", "-t", "10.254.72.60:80", "-r", "172.30.90.4:8080",
                               "-m", "-w", "0")),
          "ipvs.endpoints", "10.254.72.60:80", also=NO_ANSWER),
    Fault("build-account-left", (("useradd", "imagegen-build"),), "seal.build-account",
          "imagegen-build", mend=(("userdel", "imagegen-build"),)),
    Fault("file-changed", (), "file.node.env", "other bytes",
          files=(("/usr/lib/imagegen/node.env", "NODE_NAME=somebody\n"),)),
    Fault("unit-unmasked", (("rm", "/etc/systemd/system/ipvsadm.service"),
                            RELOAD), "unit.ipvsadm.service", "masked",
          also=("rivals.units",), mend=(("systemctl", "mask", "ipvsadm.service"),)),
    Fault("not-sealed", (), "seal.build-access", "imagegen-build",
          files=(("/etc/ssh/sshd_config.d/imagegen-build.conf", "UseDNS no\n"),)),
    Fault("program-replaced", (("cp", "/bin/true", "/usr/local/bin/.kube-proxy"),
                               ("chmod", "0644", "/usr/local/bin/.kube-proxy"),
                               ("mv", "/usr/local/bin/.kube-proxy", "/usr/local/bin/kube-proxy")),
          "binary.kube-proxy", "/usr/local/bin/kube-proxy", keeps=("/usr/local/bin/kube-proxy",)),
)
