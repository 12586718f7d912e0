"""Profile to plan. Pure: no file is read or written here."""

from __future__ import annotations

from imagegen.knowledge.distributions import Release, release_of
from imagegen.knowledge.kubernetes import Mode
from imagegen.knowledge.kubernetes_modes import IPVS_ONLY
from imagegen.plan.api import api_facts
from imagegen.plan.facts import Fact, Plan
from imagegen.plan.gate import gate_facts
from imagegen.plan.kernel import kernel_facts
from imagegen.plan.kubeproxy import kube_proxy_facts
from imagegen.plan.node import check_facts, file_facts, package_facts, seal_facts, unit_facts
from imagegen.plan.node_access import trust_facts, user_facts
from imagegen.plan.node_boot import kernel_argument_facts, swap_facts
from imagegen.plan.node_files import hook_facts, user_files, user_units
from imagegen.plan.node_mirrors import mirror_facts
from imagegen.plan.node_network import proxy_facts, time_facts
from imagegen.plan.node_rivals import rival_facts, running_facts
from imagegen.plan.node_root import root_facts
from imagegen.plan.node_runtime import runtime_facts
from imagegen.plan.table import table_facts
from imagegen.profile.model import Profile


def release_for(profile: Profile) -> Release:
    """The table's entry for the profile's distribution; its lints have made sure of it."""
    release = release_of(profile.os.distribution, profile.os.release)
    assert release is not None
    return release


def work_out(profile: Profile, archive: bytes) -> Plan:
    """All facts of a profile; `archive` is the node's check, which is a fact as well."""
    release = release_for(profile)
    facts: list[Fact] = [
        *package_facts(profile, release),
        *kernel_facts(profile, release),
        *file_facts(profile, release),
        *user_files(profile),
        *unit_facts(release),
        *user_units(profile),
        *swap_facts(profile),
        *user_facts(profile),
        *trust_facts(profile, release),
        *proxy_facts(profile, release),
        *mirror_facts(profile, release),
        *time_facts(profile, release),
        *kernel_argument_facts(profile),
        *runtime_facts(profile, release),
        *root_facts(profile, release),
        *hook_facts(profile),
        *kube_proxy_facts(profile),
        *check_facts(profile, archive, release),
        *gate_facts(profile, release),
        *seal_facts(profile),
        *rival_facts(profile),
        *table_facts(profile),
        *api_facts(profile),
    ]
    facts += running_facts(profile, facts)
    return Plan(_each_once(_of_the_mode(profile, facts)))


def _of_the_mode(profile: Profile, facts: list[Fact]) -> list[Fact]:
    """Without what serves IPVS mode alone, where that is not the mode."""
    if profile.kube_proxy.config.mode is Mode.IPVS:
        return facts
    return [fact for fact in facts if fact.id not in IPVS_ONLY]


def _each_once(facts: list[Fact]) -> tuple[Fact, ...]:
    """Two that say the same are one; the lints refuse a profile that would make two differ."""
    seen: dict[str, Fact] = {}
    for fact in facts:
        assert seen.setdefault(fact.id, fact) == fact, fact.id
    return tuple(seen.values())
