"""What works against kube-proxy: flushing units, managers of its device, other proxies."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from imagegen.node.expectations import NodeSettings
from imagegen.node.host import Host
from imagegen.node.processes import Process, all_processes, without_forks
from imagegen.node.state import Node
from tests.node.fake import RUNNING, FakeNode

UNITS = {"units": ["firewalld.service", "ufw.service", "nftables.service", "ipvsadm.service"]}
DEVICE = {"name": "kube-ipvs0"}
PROXY = {"name": "kube-proxy"}
OFF = {"LoadState": "loaded", "ActiveState": "inactive", "UnitFileState": "disabled"}


@pytest.mark.parametrize("said", [{"LoadState": "not-found"}, OFF,
                                  {"LoadState": "masked", "UnitFileState": "masked"}])
def test_units_that_are_away_or_off(fake: FakeNode, said: dict[str, str]) -> None:
    fake.host.units |= dict.fromkeys(UNITS["units"], said)
    assert fake.judge("rival_units", UNITS).result == "ok"


@pytest.mark.parametrize(("said", "state"), [(RUNNING, "active"),
                                             ({**OFF, "UnitFileState": "enabled"}, "enabled")])
def test_firewalld_is_a_warning(fake: FakeNode, said: dict[str, str], state: str) -> None:
    fake.host.units["firewalld.service"] = said
    outcome = fake.judge("rival_units", UNITS, "kernel")
    assert outcome.result == "warning"
    assert outcome.saw.startswith(f"firewalld.service is {state}: its reload flushes")
    assert "systemctl mask --now firewalld.service" in outcome.remedy


@pytest.mark.parametrize("state", ["enabled", "generated"])
def test_ipvsadms_unit_is_red(fake: FakeNode, state: str) -> None:
    fake.host.units["ipvsadm.service"] = {**OFF, "UnitFileState": state}
    assert fake.judge("rival_units", UNITS).result == "red"


@pytest.mark.parametrize(("text", "result"), [("ENABLED=yes\n", "warning"), ("ENABLED=no\n", "ok"),
                                              ("# ENABLED=yes\n", "ok")])
def test_ufws_unit_is_active_on_every_ubuntu(fake: FakeNode, text: str, result: str) -> None:
    fake.host.units["ufw.service"] = RUNNING
    fake.write("/etc/ufw/ufw.conf", text)
    assert fake.judge("rival_units", UNITS).result == result


@pytest.mark.parametrize(("text", "result"), [("#!/usr/sbin/nft -f\nflush ruleset\n", "warning"),
                                              ("# flush ruleset\ntable inet a {}\n", "ok")])
def test_nftables_is_no_rival_unless_its_file_flushes(fake: FakeNode, text: str,
                                                      result: str) -> None:
    fake.host.units["nftables.service"] = RUNNING
    fake.write("/etc/nftables.conf", text)
    assert fake.judge("rival_units", UNITS).result == result


def test_units_at_bake_by_their_links(fake: FakeNode) -> None:
    (fake.root / "run/systemd/system/.keep").unlink()
    (fake.root / "run/systemd/system").rmdir()
    fake.write("/usr/lib/systemd/system/firewalld.service", "[Unit]\n")
    assert fake.judge("rival_units", UNITS, "bake").result == "ok"
    fake.link("/etc/systemd/system/multi-user.target.wants/firewalld.service", "/nowhere")
    assert fake.judge("rival_units", UNITS, "bake").result == "warning"


@pytest.mark.parametrize(("path", "text", "who"), [
    ("/run/NetworkManager/devices/7", "[device]\nmanaged=true\n", "NetworkManager does"),
    ("/run/systemd/netif/links/7", "ADMIN_STATE=configured\nOPER_STATE=off\n",
     "systemd-networkd does (configured)"),
    ("/run/systemd/netif/links/7", "# private\nADMIN_STATE=failed\n",
     "systemd-networkd does (failed)"),
])
def test_somebody_manages_the_device(fake: FakeNode, path: str, text: str, who: str) -> None:
    fake.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    fake.write(path, text)
    fake.process(1, "/sbin/init")
    # what a manager that was stopped has left
    assert fake.judge("rival_manager", DEVICE).result == "ok"
    fake.process(300, f"/usr/lib/systemd/{who.split()[0]}")
    outcome = fake.judge("rival_manager", DEVICE)
    assert (outcome.result, outcome.saw) == ("red", who)


def test_nobody_manages_the_device(fake: FakeNode) -> None:
    assert "there is no kube-ipvs0" in fake.judge("rival_manager", DEVICE).saw
    fake.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    fake.write("/run/NetworkManager/devices/7", "[device]\nmanaged=false\n")
    fake.write("/run/NetworkManager/devices/2", "[device]\nmanaged=true\n")
    fake.write("/run/systemd/netif/links/7", "ADMIN_STATE=unmanaged\n")
    assert fake.judge("rival_manager", DEVICE).result == "ok"


def test_one_kube_proxy(fake: FakeNode) -> None:
    fake.process(1, "/sbin/init")
    fake.process(412, "/usr/local/bin/kube-proxy", "--config=/a")
    fake.process(413, "grep", "kube-proxy")
    assert fake.judge("rival_proxy", PROXY).saw == "1 kube-proxy"


def test_two_of_them_are_red_and_the_container_is_named(fake: FakeNode) -> None:
    fake.process(412, "/usr/local/bin/kube-proxy", "--config=/a")
    fake.process(977, "/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf",
                 group="0::/kubepods.slice/cri-containerd-0a.scope")
    outcome = fake.judge("rival_proxy", PROXY, "kernel")
    assert outcome.result == "red"
    assert "kube-proxy (412), kube-proxy (977 in a container)" in outcome.saw


def test_a_fork_that_is_not_yet_another_program_is_no_rival(fake: FakeNode) -> None:
    """Seen on a booted node: kube-proxy (426) and the child (630) that was to become iptables."""
    for pid, parent in ((426, 1), (630, 426), (631, 630)):
        fake.process(pid, "/usr/local/bin/kube-proxy", "--config=/a", parent=parent)
    fake.write("/proc/632/cmdline", "/usr/local/bin/kube-proxy\0--config=/a\0")  # ended meanwhile
    outcome = fake.judge("rival_proxy", PROXY)
    assert (outcome.result, outcome.saw) == ("ok", "1 kube-proxy")


def test_forks_among_real_processes(fake: FakeNode, tmp_path: Path) -> None:
    """Of two programs of one name, one with a fork, the two are left, by a real /proc."""
    program = tmp_path / "imagegen-fork"
    program.symlink_to("/bin/bash")
    node = Node("", Host(), "table", fake.node().expectations, NodeSettings(None, None))
    forking = [str(program), "-c", "(read -r line; true); true"]
    with (subprocess.Popen(forking, stdin=subprocess.PIPE) as one,
          subprocess.Popen([str(program), "-c", "read -r line; true"],
                           stdin=subprocess.PIPE) as other):
        left = without_forks(node, _three(node, program.name))
        one.communicate(b"\n")
        other.communicate(b"\n")
    assert {process.pid for process in left} == {one.pid, other.pid}


def _three(node: Node, name: str) -> list[Process]:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = [one for one in all_processes(node) if one.name == name]
        if len(found) == 3:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no fork of {name} came up")


def test_one_in_a_network_of_its_own_is_no_rival(fake: FakeNode) -> None:
    for pid, net in (("412", 1), ("977", 2), ("self", 1)):
        if pid != "self":
            fake.process(int(pid), "kube-proxy")
        fake.link(f"/proc/{pid}/ns/net", f"net:[{net}]")
    assert fake.judge("rival_proxy", PROXY).saw == "1 kube-proxy"


@pytest.mark.parametrize(("argv", "result"), [
    (("/usr/bin/cilium-agent", "--config-dir=/tmp"), "warning"),
    (("/usr/local/bin/kube-router", "--run-router=true"), "red"),
    (("/usr/local/bin/kube-router", "--run-service-proxy=false"), "ok"),
    (("/usr/local/bin/k3s", "server"), "warning"),
    (("/usr/local/bin/k3s", "server", "--disable-kube-proxy"), "ok"),
    (("/hyperkube", "kube-proxy"), "warning"), (("/hyperkube", "kubelet"), "ok"),
])
def test_others_that_can_take_its_place(fake: FakeNode, argv: tuple[str, ...],
                                        result: str) -> None:
    fake.process(412, "/usr/local/bin/kube-proxy")
    fake.process(500, *argv)
    assert fake.judge("rival_proxy", PROXY).result == result


def test_keepalived_is_only_told_of(fake: FakeNode) -> None:
    fake.process(500, "/usr/sbin/keepalived", "-n")
    outcome = fake.judge("rival_proxy", PROXY)
    assert (outcome.result, "excludeCIDRs" in outcome.saw) == ("ok", True)


def test_no_processes_at_all_is_unknown(fake: FakeNode) -> None:
    assert fake.judge("rival_proxy", PROXY).result == "unknown"


def test_kernel_threads_are_not_looked_at(fake: FakeNode) -> None:
    fake.write("/proc/2/task/2/children", "3 4 ")
    fake.process(4, "kube-proxy")
    fake.process(5, "sh")
    fake.write("/proc/6/cmdline", "")
    fake.write("/proc/7/cgroup", "")
    assert [one.pid for one in all_processes(fake.node())] == [5]


def test_a_process_that_ends_between_open_and_read(fake: FakeNode,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says ESRCH then; the process is gone, and nothing is unknown."""
    class Gone:
        def __enter__(self) -> Gone:
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self) -> bytes:
            raise ProcessLookupError(3, "No such process")
    monkeypatch.setattr("builtins.open", lambda *_, **__: Gone())
    assert fake.node().read("/proc/426/stat") is None


JUMPED = """\
*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
COMMIT
*filter
:INPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
{jump}-A KUBE-SERVICES -d 10.254.9.9/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
COMMIT
"""  # noqa: E501
IN_FILTER = {("ip", "nat", "KUBE-SERVICES"), ("ip", "filter", "KUBE-SERVICES")}


def test_r26_ipvs_mode_has_no_services_in_filter(fake: FakeNode) -> None:
    """That nothing jumps there makes it dust; a hook that leads there makes its REJECT act."""
    ready(fake, IN_FILTER)
    fake.host.programs["iptables-save"] = (0, JUMPED.replace("{jump}", ""))
    outcome = fake.judge("leftovers", {"mode": "ipvs"})
    assert outcome.result == "warning"
    assert "filter KUBE-SERVICES; no packet reaches them" in outcome.saw
    jump = "-A INPUT -m conntrack --ctstate NEW -j KUBE-SERVICES\n"
    fake.host.programs["iptables-save"] = (0, JUMPED.replace("{jump}", jump))
    outcome = fake.judge("leftovers", {"mode": "ipvs"})
    assert outcome.result == "red"
    assert "packets reach filter KUBE-SERVICES (REJECT)" in outcome.saw


def test_r26_a_jump_by_way_of_another_chain_or_of_the_old_kind(fake: FakeNode) -> None:
    ready(fake, IN_FILTER)
    fake.host.programs["iptables-save"] = (0, JUMPED.replace("{jump}", ""))
    fake.host.programs["iptables-legacy-save"] = (0, JUMPED.replace(
        "{jump}", "-A INPUT -j MINE\n-A MINE -g KUBE-SERVICES\n"))
    assert fake.judge("leftovers", {"mode": "ipvs"}).result == "red"


def test_r26_jumps_that_cannot_be_read(fake: FakeNode) -> None:
    ready(fake, IN_FILTER)
    outcome = fake.judge("leftovers", {"mode": "ipvs"})
    assert outcome.result == "warning"
    assert "whether anything jumps there cannot be read" in outcome.saw


@pytest.mark.parametrize("chain", [
    ("ip", "nat", "KUBE-NODEPORTS"), ("ip6", "filter", "KUBE-EXTERNAL-SERVICES"),
    ("ip", "mangle", "KUBE-PROXY-CANARY"), ("ip", "filter", "KUBE-NODEPORTS"),
    ("ip", "nat", "KUBE-SVC-ABC"), ("ip", "nat", "KUBE-FW-ABC")])
def test_r26_every_name_of_iptables_mode(fake: FakeNode, chain: tuple[str, str, str]) -> None:
    ready(fake, {chain})
    for mode in ("ipvs", "nftables"):
        assert chain[2] in fake.judge("leftovers", {"mode": mode}).saw


@pytest.mark.parametrize("chain", [
    ("ip", "nat", "KUBE-SERVICES"), ("ip", "nat", "KUBE-NODE-PORT"),
    ("ip", "filter", "KUBE-FORWARD"),
    ("ip6", "nat", "KUBE-LOAD-BALANCER"), ("ip", "filter", "KUBE-IPVS-FILTER"),
    ("ip", "filter", "KUBE-IPVS-OUT-FILTER"), ("ip", "filter", "KUBE-PROXY-FIREWALL")])
def test_r26_what_ipvs_mode_has_itself(fake: FakeNode, chain: tuple[str, str, str]) -> None:
    ready(fake, {chain})
    assert fake.judge("leftovers", {"mode": "ipvs"}).result == "ok"
    assert fake.judge("leftovers", {"mode": "nftables"}).result == "warning"


@pytest.mark.parametrize("chain", [
    ("ip", "filter", "KUBE-FIREWALL"), ("ip", "mangle", "KUBE-KUBELET-CANARY"),
    ("ip", "mangle", "KUBE-IPTABLES-HINT"), ("ip", "nat", "KUBE-MARK-MASQ"),
    ("ip", "nat", "KUBE-MARK-DROP"), ("ip", "nat", "KUBE-POSTROUTING")])
def test_r26_the_kubelets_own_chains(fake: FakeNode, chain: tuple[str, str, str]) -> None:
    ready(fake, {chain})
    for mode in ("ipvs", "nftables"):
        assert fake.judge("leftovers", {"mode": mode}).result == "ok"


def ready(fake: FakeNode, chains: set[tuple[str, str, str]]) -> None:
    fake.write("/proc/modules", "nf_tables 1 0 - Live 0x0\n")
    fake.host.filter = chains
