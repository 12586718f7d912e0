"""Faults around the IPVS table: rivals of kube-proxy, what runs instead of what was baked, and what
the kernel, the clock and the machine's own files say. Each with the fact that must tell of it.
"""

from __future__ import annotations

from tests.guests.faults import NO_ANSWER, RELOAD, RESTART, Fault

PROXY = "kube-proxy.service"
_OTHER_COMMAND = """\
[Service]
ExecStart=
ExecStart=/usr/local/bin/kube-proxy --config=/etc/kubernetes/kube-proxy.yaml \
--hostname-override=${NODE_NAME} --v=2 --proxy-mode=iptables
"""
_FIREWALL = """\
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
"""
_NETWORK = """\
[Match]
Name=kube-ipvs*
[Network]
KeepConfiguration=yes
LinkLocalAddressing=no
"""
# a table and a chain by nfnetlink, since the node has no nft (linux/netfilter/nf_tables.h)
_NFT = """\
import socket, struct
def attribute(kind, text):
    return struct.pack("=HH", 4 + len(text), kind) + text + bytes(-len(text) % 4)
def message(kind, flags, body):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body
ip, batch = struct.pack("=BBH", 2, 0, 0), struct.pack("!BBH", 0, 0, 10)
table, chain = attribute(1, b"kube-proxy\\0"), attribute(3, b"services\\0")
link = socket.socket(16, 3, 12)
link.bind((0, 0))
link.send(message(16, 1, batch) + {changes} + message(17, 1, batch))
assert link.recv(4096)[16:20] == bytes(4)
"""
_NFT_TABLE = _NFT.replace("{changes}", "message(2560, 0x401, ip + table) "
                                       "+ message(2563, 0x405, ip + table + chain)")
_NO_NFT_TABLE = _NFT.replace("{changes}", "message(2562, 5, ip + table)")
IDENTITY = "/usr/lib/imagegen/build-identity"


def _sh(script: str) -> tuple[tuple[str, ...], ...]:
    return (("sh", "-c", script),)


RIVAL_FAULTS = (
    Fault("module-that-is-none", (), "modules.asked-for", "old.conf:2 asks for nf_conntrack_ipv4",
          files=(("/etc/modules-load.d/old.conf", "ip_vs \nnf_conntrack_ipv4\nipt_set\n"),),
          result="warning"),
    Fault("module-kept-out-at-the-next-boot", (), "module.ip_vs_wrr",
          "loaded now, but /etc/modprobe.d/hardening.conf:1",
          files=(("/etc/modprobe.d/hardening.conf", "install ip-vs-wrr /bin/sh -c 'exit 1'\n"),),
          result="warning"),
    # as a boot by another menu would leave it
    Fault("module-kept-out-by-the-command-line",
          _sh("echo ro module_blacklist=ip_vs_wrr >/run/line && "
              "mount --bind /run/line /proc/cmdline"),
          "module.ip_vs_wrr", "module_blacklist=ip_vs_wrr", result="warning",
          mend=(("umount", "/proc/cmdline"),)),
    Fault("no-module-can-be-loaded", (("rmmod", "ip_vs_sh"),
                                      ("sysctl", "-qw", "kernel.modules_disabled=1")),
          "module.ip_vs_sh", "kernel.modules_disabled is 1", mend=None),
    Fault("modules-of-another-kernel",
          _sh('rmmod ip_vs_sh; mv "/lib/modules/$(uname -r)" /lib/modules/6.99'),
          "module.ip_vs_sh", "modules.dep is not there", also=("modules.asked-for",),
          mend=_sh('mv /lib/modules/6.99 "/lib/modules/$(uname -r)"; modprobe ip_vs_sh')),
    Fault("sysctls-applied-again", (("systemctl", "restart", "systemd-sysctl.service"),),
          "boot.order", "before systemd-sysctl.service had ended", result="warning",
          mend=(RESTART,)),
    # systemd up to 243 fails so over a name that is none (pull 13856)
    Fault("modules-unit-failed",
          _sh("systemctl daemon-reload; systemctl restart systemd-modules-load.service || :"),
          "boot.order", "systemd-modules-load.service has failed (exit-code)", result="warning",
          files=(("/run/systemd/system/systemd-modules-load.service.d/old.conf",
                  "[Service]\nExecStart=\nExecStart=/bin/false\n"),),
          mend=(RELOAD, *(("systemctl", "restart", unit) for unit in (
              "systemd-modules-load", "systemd-sysctl", PROXY)))),
    Fault("restarted-again-and-again",
          _sh(f"for n in 1 2 3; do systemctl kill -s KILL {PROXY}; sleep 9; done"),
          f"unit.{PROXY}", "restarted 3 times", also=NO_ANSWER),
    Fault("drop-in-of-nobody", (("systemctl", "daemon-reload"),), f"override.{PROXY}",
          "50-debug.conf sets ExecStart", mend=(RELOAD,),
          files=((f"/etc/systemd/system/{PROXY}.d/50-debug.conf", _OTHER_COMMAND),)),
    Fault("unit-of-nobody", (("cp", f"/usr/lib/systemd/system/{PROXY}", "/etc/systemd/system/"),
                             ("systemctl", "daemon-reload")), f"override.{PROXY}",
          "takes the place of", mend=(("rm", f"/etc/systemd/system/{PROXY}"), RELOAD)),
    # its flag has no effect, so the node works, and is not what was baked
    Fault("another-command-line", (("systemctl", "daemon-reload"), ("systemctl", "restart", PROXY),
                                   ("sleep", "30")), "kube-proxy.command",
          "--proxy-mode=iptables is more", also=(f"override.{PROXY}",),
          files=((f"/run/systemd/system/{PROXY}.d/50-debug.conf", _OTHER_COMMAND),),
          mend=(RELOAD, RESTART)),
    Fault("a-firewall", (("systemctl", "daemon-reload"), ("systemctl", "start", "firewalld")),
          "rivals.units", "firewalld.service is active", result="warning",
          files=(("/etc/systemd/system/firewalld.service", _FIREWALL),),
          mend=(("systemctl", "stop", "firewalld"), RELOAD)),
    Fault("networkd-takes-the-device", (("networkctl", "reload"), ("sleep", "5")),
          "rivals.manager", "systemd-networkd does", also=("ipvs.device",),
          files=(("/etc/systemd/network/00-all.network", _NETWORK),),
          mend=(("networkctl", "reload"), ("sleep", "5"), RESTART)),
    Fault("a-second-kube-proxy",
          (("systemd-run", "bash", "-c", "exec -a /opt/bin/kube-proxy sleep 1000"), ("sleep", "2")),
          "rivals.proxies", "program one table", mend=(("pkill", "-f", "^/opt/bin/kube-proxy"),)),
    Fault("another-plugin-serves",
          (("systemd-run", "bash", "-c", "exec -a /usr/bin/cilium-agent sleep 1000"),
           ("sleep", "2")),
          "rivals.proxies", "cilium-agent", result="warning",
          mend=(("pkill", "-f", "^/usr/bin/cilium-agent"),)),
    Fault("chains-of-iptables-mode", (("iptables", "-t", "nat", "-N", "KUBE-SVC-NPX46M4PTMTKRN6Y"),
                                      ("ip6tables", "-N", "KUBE-SEP-6E7XQMQ4RAYOWTTM")),
          "rivals.left-overs", "2 chains of iptables mode", result="warning",
          mend=(("iptables", "-t", "nat", "-X", "KUBE-SVC-NPX46M4PTMTKRN6Y"),
                ("ip6tables", "-X", "KUBE-SEP-6E7XQMQ4RAYOWTTM"))),
    Fault("table-of-nftables-mode", (("python3", "-c", _NFT_TABLE),), "rivals.left-overs",
          "there is a table ip kube-proxy, of nftables mode",
          mend=(("python3", "-c", _NO_NFT_TABLE),)),
    Fault("old-rules-beside", (("iptables-legacy", "-t", "filter", "-N", "somebody"),),
          "iptables.kind", "old ones in filter", result="warning",
          mend=(("iptables-legacy", "-t", "filter", "-X", "somebody"),
                ("rmmod", "iptable_filter"))),
    Fault("conntrack-shrunk", (("sysctl", "-qw", "net.netfilter.nf_conntrack_max=65536"),),
          "conntrack.size", "65536", mend=(RESTART,)),
    Fault("conntrack-full", (("sysctl", "-qw", "net.netfilter.nf_conntrack_max=1"),),
          "conntrack.use", "every new connection is dropped", also=("conntrack.size", *NO_ANSWER),
          # kube-proxy sets it once it has its Node, and no connection leads there
          mend=(("sysctl", "-qw", "net.netfilter.nf_conntrack_max=131072"), RESTART),
          leaves=("conntrack.use",)),
    Fault("pods-wider-than-the-way-out", (("ip", "link", "set", "flannel.1", "mtu", "9000"),),
          "node.interfaces", "flannel.1 takes 9000 bytes, the way out 1500", result="warning",
          mend=(("ip", "link", "set", "flannel.1", "mtu", "1450"),)),
    Fault("an-interface-that-does-not-forward",
          (("sysctl", "-qw", "net.ipv4.conf.lan0.forwarding=0"),), "node.interfaces",
          "lan0 does not forward", result="warning",
          mend=(("sysctl", "-qw", "net.ipv4.conf.lan0.forwarding=1"),)),
    # iptables mode's, with a jump that makes its REJECT act
    Fault("services-of-iptables-mode",
          _sh("iptables -N KUBE-SERVICES && iptables -A KUBE-SERVICES -d 192.0.2.77 -j REJECT && "
              "iptables -I INPUT -j KUBE-SERVICES"),
          "rivals.left-overs", "packets reach filter KUBE-SERVICES (REJECT)",
          mend=_sh("iptables -D INPUT -j KUBE-SERVICES; iptables -F KUBE-SERVICES; "
                   "iptables -X KUBE-SERVICES")),
    Fault("a-clone-to-cloud-init",
          _sh("echo imagegen-build >/var/lib/cloud/data/instance-id"), "node.identity",
          "the instance-id is imagegen-build", keeps=("/var/lib/cloud/data/instance-id",)),
    Fault("the-builds-ssh-keys",
          _sh("for key in /etc/ssh/ssh_host_*_key.pub; do printf '%s %s\\n' \"${key##*/}\" "
              "\"$(cut -d' ' -f2 $key | tr -d '\\n' | sha256sum | cut -d' ' -f1)\"; done "
              f">>{IDENTITY}"),
          "node.identity", "is the build's own", keeps=(IDENTITY,)),
    Fault("the-builds-machine-id",
          _sh("printf 'machine-id %s\\nsealed 1\\n' \"$(tr -d '\\n' </etc/machine-id | sha256sum | "
              f"cut -d' ' -f1)\" >{IDENTITY}"),
          "node.machine-id", "the id that the build had", keeps=(IDENTITY,)),
    Fault("dbus-has-another-id", (("rm", "-f", "/var/lib/dbus/machine-id"),
                                  ("cp", "/run/other-id", "/var/lib/dbus/machine-id")),
          "node.machine-id", "/var/lib/dbus/machine-id", keeps=("/var/lib/dbus/machine-id",),
          files=(("/run/other-id", "0123456789abcdef0123456789abcdef\n"),
                 ("/var/lib/dbus/.keep", ""))),
    Fault("clock-before-the-image", (("date", "-s", "2020-01-01"),), "node.clock",
          "before the image was sealed",
          mend=_sh('date -s "@$(cat /sys/class/rtc/rtc0/since_epoch)"')),
)
