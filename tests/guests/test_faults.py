"""Faults on a booted node with a real kube-proxy: the right fact is red, no other; then mended."""

from __future__ import annotations

import pytest

from imagegen.plan.facts import Rule
from tests.evidence.red_rules import record_finding
from tests.guests.every_fault import FAULTS_BY_PROFILE, ON_QUICKSTART, PROBE_FAULT
from tests.guests.faults import ASLEEP, NEVER_BOOTED, ROOT_FAULTS, Fault
from tests.guests.judging import judged_right, mended_right, not_ok
from tests.guests.nodes import SeedCluster
from tests.profiles import rendered

pytestmark = pytest.mark.guest
# what is over by itself once half a minute has gone by
PASSES = ("restarted-again-and-again",)
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
        verdict = node.check("kernel")
    bad = not_ok(verdict)
    assert {"ipvs.probe", "module.ip_vs_rr"} <= set(bad)
    assert bad["ipvs.probe"]["result"] == "red"
    record_finding(PROBE_FAULT, verdict, bad["ipvs.probe"])


def test_every_rule_has_its_fault() -> None:
    """docs/red-rules.md says when each was seen red; this says that there is a fault to do."""
    judged = {Rule.PROBE}
    for name, faults in FAULTS_BY_PROFILE.items():
        rule_of = {fact.id: fact.proof.rule for fact in rendered(name).plan.facts}
        judged |= {rule_of[fault.red] for fault in faults}
    assert judged | {Rule(name) for name in NEVER_BOOTED} == set(Rule)
    assert not judged.intersection(NEVER_BOOTED)


def test_every_run_has_faults_that_there_are() -> None:
    assert {fault.name for fault in ON_QUICKSTART} > IN_EVERY_RUN


def test_every_fault_is_mended_but_what_a_boot_alone_mends() -> None:
    """A mend is run for each of the others, and the node is green after it."""
    every = [fault for faults in FAULTS_BY_PROFILE.values() for fault in faults
             if fault not in ROOT_FAULTS]
    assert [fault.name for fault in every if fault.mend is None] == ["no-module-can-be-loaded"]
    assert all(fault.mend or fault.files or fault.keeps or ASLEEP in fault.commands
               or fault.name in PASSES for fault in every if fault.mend is not None)
