"""H05's kind: a sysctl that the profile sets, and the node has not.

Reports of the kind: kubernetes 75575, 6342; kops 2223; kube-aws 711; gardener 95; openshift-ansible
6818; moby 47966; kURL 2174; Flatcar 297, 658; k3s 14022; systemd 1113; coreos 785;
terraform-aws-eks 3595.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from imagegen.knowledge.sysctls import USUAL_LOCAL_PORTS, dotted, meant, proc_path
from imagegen.node import sysctl_files
from tests.profile.cases import ROCKY, file, found, node_file, rendering, rules, said

FILE = "etc/sysctl.d/99-zz-imagegen-ipvs.conf"


def sysctl(key: str, value: str) -> dict[str, object]:
    return {"os.sysctls": {key: value}}


@pytest.mark.parametrize("key", ["net.ipv4.conf.eth0/100.rp_filter", "net.core.somaxconn",
                                 "net/ipv4/conf/eth0.100/rp_filter", "net/core/somaxconn", "abi"])
def test_the_check_on_the_node_reads_a_key_as_the_profile_does(key: str) -> None:
    assert proc_path(key) == sysctl_files.proc_path(key)
    assert proc_path(dotted(key)) == proc_path(key)


def test_an_interface_with_a_dot_is_one_folder() -> None:
    one, other = "net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"
    assert found(sysctl(one, "0")) == found(sysctl(other, "0")) == []
    assert rules({"os.sysctls": {one: "0", other: "0"}}) == ["sysctl-twice"]
    # three keys, since the last is another file of the kernel's
    assert rules({"os.sysctls": {one: "0", "net.ipv4.conf.eth0.100.rp_filter": "0"}}) == [
        "sysctl-interface"]
    assert "write net.ipv4.conf.eth0/100.rp_filter" in said(
        sysctl("net.ipv4.conf.eth0.100.rp_filter", "0"))
    assert rules(sysctl("net.ipv6.neigh.bond0.42.gc_stale_time", "60")) == ["sysctl-interface"]


@pytest.mark.parametrize(("key", "release", "gone"), [
    ("net.ipv4.tcp_tw_recycle", "12", True), ("net.ipv4.ip_conntrack_max", "11", True),
    ("fs.may_detach_mounts", "13", True), ("net/netfilter/nf_conntrack_hashsize", "12", True),
    # moved to debugfs in 5.13: Debian 11's 5.10 still has it
    ("kernel.sched_min_granularity_ns", "11", False),
    ("kernel.sched_min_granularity_ns", "12", True),
    ("net.ipv4.tcp_tw_reuse", "12", False), ("net.netfilter.nf_conntrack_buckets", "12", False)])
def test_a_key_that_the_release_s_kernel_lost(key: str, release: str, gone: bool) -> None:
    changes = {**sysctl(key, "1"), "os.release": release}
    assert found(changes) == [("sysctl-gone", "error")] * gone


@pytest.mark.parametrize(("key", "wanted"), [
    ("net.core.somaxcon", "net.core.somaxconn"), ("net.ipv4.ip_forwrad", "net.ipv4.ip_forward"),
    ("vm.max_map_counts", "vm.max_map_count"),
    ("net.ipv4.conf.eth0.rp_filtre", "net.ipv4.conf.eth0.rp_filter"),
    ("fs.inotify.max_users_watches", "fs.inotify.max_user_watches")])
def test_a_misspelt_key_is_told(key: str, wanted: str) -> None:
    assert found(sysctl(key, "1")) == [("sysctl-unknown", "warning")]
    assert f"did you mean {wanted}?" in said(sysctl(key, "1"))


@pytest.mark.parametrize("key", [
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.neigh.default.gc_thresh1", "kernel.panic",
    "vm.max_map_count", "net.ipv4.vs.conn_reuse_mode", "net.ipv4.conf.all.rp_filter",
    "net.netfilter.nf_conntrack_tcp_be_liberal", "net.bridge.bridge-nf-call-arptables",
    "net.ipv6.conf.eth0.accept_ra", "kernel.unprivileged_userns_clone", "vm.some_new_thing",
    "net.core.netdev_max_backlog", "net.ipv4.tcp_keepalive_time", "fs.aio-max-nr"])
def test_what_kernels_have_is_no_misspelling(key: str) -> None:
    assert meant(proc_path(key)) == ""


@pytest.mark.parametrize(("changes", "told"), [
    ({}, ["sysctl-of-kube-proxy"]),
    ({"kubeProxy.config.conntrack": {"min": 1048576}}, ["sysctl-of-kube-proxy"]),
    ({"kubeProxy.config.conntrack": {"maxPerCore": 0}}, []),
    ({"kubeProxy.config.conntrack": {"maxPerCore": 0, "min": 0}}, []),
    ({"kubeProxy.config.mode": "nftables",
      "kubeProxy.config.nodePortAddresses": ["primary"]}, ["sysctl-of-kube-proxy"])])
@pytest.mark.parametrize("key", ["net.netfilter.nf_conntrack_max", "net/nf_conntrack_max"])
def test_kube_proxy_writes_over_the_size_of_the_table(key: str, changes: dict[str, object],
                                                      told: list[str]) -> None:
    assert rules({**sysctl(key, "1048576"), **changes}) == told


@pytest.mark.parametrize(("name", "value", "conntrack", "told"), [
    ("tcp_timeout_established", "3600", {}, True), ("tcp_timeout_established", "86400", {}, False),
    ("tcp_timeout_established", "3600", {"tcpEstablishedTimeout": "1h"}, False),
    ("tcp_timeout_established", "3600", {"tcpEstablishedTimeout": "0s"}, False),
    ("tcp_timeout_close_wait", "60", {}, True), ("tcp_timeout_close_wait", "3600", {}, False),
    ("udp_timeout", "10", {}, False), ("udp_timeout", "10", {"udpTimeout": "30s"}, True),
    ("udp_timeout_stream", "10", {"udpStreamTimeout": "10s"}, False)])
def test_kube_proxy_s_timeouts(name: str, value: str, conntrack: dict[str, object],
                               told: bool) -> None:
    changes = {**sysctl(f"net.netfilter.nf_conntrack_{name}", value),
               "kubeProxy.config.conntrack": conntrack}
    assert rules(changes) == ["sysctl-of-kube-proxy"] * told


@pytest.mark.parametrize(("key", "value", "told"), [
    ("vm.overcommit_memory", "1", False), ("vm.overcommit_memory", "2", True),
    ("kernel.panic", "10", False), ("kernel/panic", "0", True),
    ("kernel.keys.root_maxkeys", "200", True), ("vm.panic_on_oom", "0", False)])
def test_the_kubelet_s_own(key: str, value: str, told: bool) -> None:
    assert found(sysctl(key, value)) == [("sysctl-of-kubelet", "warning")] * told


@pytest.mark.parametrize(("changes", "told"), [
    (sysctl("sunrpc.tcp_slot_table_entries", "128"), True),
    ({**sysctl("sunrpc.tcp_slot_table_entries", "128"), "os.modules": ["sunrpc"]}, False),
    (sysctl("net.ipv4.vs.drop_entry", "0"), False),
    ({**sysctl("net.ipv4.vs.drop_entry", "0"), "kubeProxy.config.mode": "nftables",
      "kubeProxy.config.nodePortAddresses": ["primary"]}, True),
    (sysctl("net.bridge.bridge-nf-call-arptables", "1"), False)])
def test_a_key_that_a_module_brings(changes: dict[str, object], told: bool) -> None:
    assert found(changes) == [("sysctl-module", "warning")] * told


@pytest.mark.parametrize("key", ["net.ipv4.conf.all.forwarding",
                                 "net/ipv4/conf/default/forwarding"])
def test_ip_forward_by_its_other_names(key: str) -> None:
    assert rules(sysctl(key, "0")) == ["sysctl-needed"]
    assert rules(sysctl(key, "1")) == []
    assert rules(file("/etc/sysctl.d/zz.conf", f"{key} = 0\n")) == ["node-sysctl-file"]
    assert rules(file("/etc/sysctl.d/zz.conf", f"{key} = 1\n")) == []


@pytest.mark.parametrize(("line", "told"), [
    ("net.ipv4.conf.*.forwarding = 0", True), ("-net/ipv4/conf/*/forwarding=0", True),
    ("net.ipv4.conf.*.rp_filter = 0", False),
    # the key by its own name beats a pattern (sysctl.d(5))
    ("net.bridge.bridge-nf-call-* = 0", False), ("net.ipv4.ip_forward/x = 0", False)])
def test_patterns_in_a_file(line: str, told: bool) -> None:
    assert rules(file("/etc/sysctl.d/zz.conf", f"{line}\n")) == ["node-sysctl-file"] * told


@pytest.mark.parametrize("value", ["4096 # more", "4096 ; more", "'4096'", "true", "Yes", "off",
                                   "16M", "64 KiB", "262,144", "1.000.000", "30s", " 1", ""])
def test_values_that_are_no_numbers(value: str) -> None:
    assert rules(sysctl("net.core.somaxconn", value)) == ["sysctl-value"]


@pytest.mark.parametrize(("key", "value"), [
    ("net.ipv4.tcp_rmem", "4096 87380 16777216"), ("net.ipv4.tcp_congestion_control", "bbr"),
    ("net.core.default_qdisc", "fq"), ("kernel.core_pattern", "|/bin/x %P %u #1"),
    ("kernel.core_pattern", "/var/crash/core.%e"), ("vm.swappiness", "0"),
    ("net.ipv4.ip_local_reserved_ports", "8080,9100-9200"), ("kernel.printk", "4 4 1 7"),
    ("net.ipv4.ip_local_reserved_ports", "100,200,300"), ("kernel.sysrq", "0x1f")])
def test_values_as_kernels_take_them(key: str, value: str) -> None:
    if "#" in value:  # blank and `#`: nobody could tell it from a comment
        assert rules(sysctl(key, value)) == ["sysctl-value"]
        return
    assert found(sysctl(key, value)) == []
    assert f"{key} = {value}" in node_file(rendering(sysctl(key, value)), FILE).split("\n")


@pytest.mark.parametrize(("ports", "reserved", "nodes", "told"), [
    ("1024 65535", None, "30000-32767", ["sysctl-ports-of-services"]),
    ("1024 65535", "30000-32767", "30000-32767", []),
    ("1024 65535", "8080,29000-33000", "30000-32767", []),
    ("1024 65535", "30000-31000", "30000-32767", ["sysctl-ports-of-services"]),
    ("32768 60999", None, "30000-32767", []), ("1024\t29999", None, "30000-32767", []),
    ("32768 60999", None, "20000-40000", ["sysctl-ports-of-services"]),
    ("65535 1024", None, "30000-32767", ["sysctl-port-range"]),
    ("1024-65535", None, "30000-32767", ["sysctl-port-range"]),
    ("1024", None, "30000-32767", ["sysctl-port-range"]),
    ("1024 70000", None, "30000-32767", ["sysctl-port-range"])])
def test_local_ports_and_node_ports(ports: str, reserved: str | None, nodes: str,
                                    told: list[str]) -> None:
    keys = {"net.ipv4.ip_local_port_range": ports,
            **({"net.ipv4.ip_local_reserved_ports": reserved} if reserved else {})}
    assert rules({"os.sysctls": keys, "cluster.nodePortRange": nodes}) == told


def test_a_tab_between_numbers_is_a_blank() -> None:
    """As `sysctl` prints them."""
    text = node_file(rendering(sysctl("net.ipv4.tcp_rmem", "4096\t131072\t6291456")), FILE)
    assert "net.ipv4.tcp_rmem = 4096 131072 6291456" in text.split("\n")
    assert rules(sysctl("net.core.somaxconn", "1\n2")) == ["control-character"]


OLD = {**ROCKY, "os.release": "8"}


@pytest.mark.parametrize(("value", "where", "told"), [
    ("0", {}, [("sysctl-of-old-kernels", "warning")]), ("1", {}, []), ("2", {}, []),
    ("1", OLD, [("sysctl-of-kube-proxy", "error")]),
    ("0", OLD, [("sysctl-of-kube-proxy", "error")]),
    ("0", ROCKY, [("sysctl-of-old-kernels", "warning")])])
def test_r14_conn_reuse_mode_by_kernel(value: str, where: dict[str, object],
                                       told: list[tuple[str, str]]) -> None:
    """EL 9's 5.14 is from 5.9 on, and EL 8's 4.18 before it."""
    key = "net/ipv4/vs/conn_reuse_mode" if value == "2" else "net.ipv4.vs.conn_reuse_mode"
    assert found({**sysctl(key, value), **where}) == told


def test_a_key_of_a_newer_kernel() -> None:
    assert rules({**sysctl("net.ipv4.vs.est_nice", "5"), **OLD}) == ["sysctl-gone"]
    assert rules(sysctl("net.ipv4.vs.run_estimation", "0")) == []


@pytest.mark.parametrize("key", ["net.ipv4.vs.conntrack", "net.ipv4.vs.expire_nodest_conn"])
def test_a_value_against_kube_proxy_s_own_is_said_to_contradict(key: str) -> None:
    assert "contradicts" in said(sysctl(key, "0"))
    assert "says nothing" in said(sysctl(key, "1"))


@pytest.mark.parametrize(("ports", "keys", "told"), [
    ("20000-52767", {}, True), ("30000-32768", {}, True), ("60999-61000", {}, True),
    ("61000-65535", {}, False), ("30000-32767", {}, False),
    ("20000-52767", {"net.ipv4.ip_local_reserved_ports": "20000-52767"}, False),
    ("20000-52767", {"net/ipv4/ip_local_reserved_ports": "32768-52767"}, False),
    ("20000-52767", {"net.ipv4.ip_local_reserved_ports": "20000-40000"}, True),
    ("20000-52767", {"net.ipv4.ip_local_port_range": "53000 60999"}, False)])
def test_r15_node_ports_and_the_kernel_s_own(ports: str, keys: dict[str, str],
                                             told: bool) -> None:
    changes = {"cluster.nodePortRange": ports, "os.sysctls": keys}
    assert ("cluster-node-ports-local", "warning") in found(changes) if told else (
        "cluster-node-ports-local" not in rules(changes))


def test_the_usual_local_ports_are_the_kernel_s() -> None:
    live = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert tuple(map(int, live)) == USUAL_LOCAL_PORTS
