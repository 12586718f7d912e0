"""Faults on a booted node with a real kube-proxy: the right fact is red, no other; then mended."""

from __future__ import annotations

import pytest

from imagegen.plan.facts import Rule
from tests.guests.api_faults import API_FAULTS
from tests.guests.family_faults import FAMILY_FAULTS
from tests.guests.faults import ASLEEP, FAULTS, NEVER_BOOTED, ROOT_FAULTS, Fault
from tests.guests.judging import judged_right, mended_right, not_ok
from tests.guests.nftables_faults import NFTABLES_FAULTS
from tests.guests.node_faults import NODE_FAULTS
from tests.guests.nodes import SeedCluster
from tests.guests.rival_faults import RIVAL_FAULTS
from tests.guests.table_faults import TABLE_FAULTS
from tests.profiles import rendered

pytestmark = pytest.mark.guest
# what is over by itself once half a minute has gone by
PASSES = ("restarted-again-and-again",)
ON_QUICKSTART = (*FAULTS, *RIVAL_FAULTS, *TABLE_FAULTS)
# a clone, two looks and a mend for each is too much for every run; `./dev wide` does them all
IN_EVERY_RUN = {
    "module-blacklisted", "module-that-is-none", "sysctl-overridden", "ipset-removed",
    "file-changed", "program-replaced", "build-account-left", "not-sealed", "kube-proxy-stopped",
    "api-server-missing", "wrong-scheduler", "device-deleted", "foreign"}
MARKED = [pytest.param(fault, id=fault.name,
                       marks=[] if fault.name in IN_EVERY_RUN else pytest.mark.wide)
          for fault in ON_QUICKSTART]


def test_a_healthy_node_is_green(modern: SeedCluster) -> None:
    with modern.node() as node:
        verdict = node.check("table")
    assert not_ok(verdict) == {}
    assert (verdict["verdict"], verdict["level"]) == ("green", "table")


@pytest.mark.parametrize("fault", MARKED)
def test_the_right_fact_turns_red(modern: SeedCluster, fault: Fault) -> None:
    with modern.node() as node:
        judged_right(node, fault)
        mended_right(node, fault)


def test_the_probe_says_that_the_kernel_cannot(modern: SeedCluster) -> None:
    """Level kernel: with the scheduler's module out of reach, the functional probe is red."""
    with modern.node() as node:
        for argv in (("systemctl", "stop", "kube-proxy"), ("ipvsadm", "-C"), ("rmmod", "ip_vs_rr")):
            node.run(argv)
        node.write("/etc/modprobe.d/hardening.conf", b"install ip_vs_rr /bin/false\n")
        bad = not_ok(node.check("kernel"))
    assert {"ipvs.probe", "module.ip_vs_rr"} <= set(bad)


def test_every_rule_has_its_fault(modern: SeedCluster) -> None:
    with modern.node() as node:
        rules = {f["id"]: f["rule"] for f in node.check("table")["findings"]}
    told = {rules[fault.red] for fault in ON_QUICKSTART} | {rules["ipvs.probe"]}
    # a kube-proxy that never synced has no metrics at all yet; `kube-proxy-stopped` shows it
    told |= {rules[also] for fault in FAULTS for also in fault.also if also == "ipvs.sync"}
    # those of the node's own fields, of nftables mode, of IPv6 and of a read-only root are seen red
    # beside their own nodes
    for name, faults in (("full-node", NODE_FAULTS), ("nftables", NFTABLES_FAULTS),
                         ("dual-stack", FAMILY_FAULTS), ("api-node", API_FAULTS),
                         ("immutable-node", ROOT_FAULTS)):
        rule_of = {fact.id: fact.proof.rule.value for fact in rendered(name).plan.facts}
        told |= {rule_of[fault.red] for fault in faults}
    assert told | set(NEVER_BOOTED) == {rule.value for rule in Rule}


def test_every_run_has_faults_that_there_are() -> None:
    assert {fault.name for fault in ON_QUICKSTART} > IN_EVERY_RUN


def test_every_fault_is_mended_but_what_a_boot_alone_mends() -> None:
    """A mend is run for each of the others, and the node is green after it."""
    every = (*ON_QUICKSTART, *NODE_FAULTS, *NFTABLES_FAULTS, *FAMILY_FAULTS, *API_FAULTS)
    assert [fault.name for fault in every if fault.mend is None] == ["no-module-can-be-loaded"]
    assert all(fault.mend or fault.files or fault.keeps or ASLEEP in fault.commands
               or fault.name in PASSES for fault in every if fault.mend is not None)
