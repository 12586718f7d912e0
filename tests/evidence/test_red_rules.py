"""docs/red-rules.md is computed from what booted nodes said, and names every rule of the check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from imagegen.plan.facts import Rule
from tests.evidence.red_rules import (
    DOCUMENT,
    RedRule,
    compute_document,
    find_outdated_rules,
    read_red_rules,
    record_finding,
)
from tests.evidence.rule_sources import compute_rule_digest
from tests.evidence.store import VARIABLE
from tests.guests.every_fault import name_every_fault
from tests.guests.faults import NEVER_BOOTED

FINDING = {"id": "swap.off", "rule": "swap", "result": "red", "severity": "error", "saw": "on"}
VERDICT = {"node": {"kernel": "6.1.0"}, "digest": "d"}
SEEN = RedRule("swap-on", "swap", "c0ffee", "2026-12-01", "6.1.0", "d",
               compute_rule_digest("swap"), FINDING)


def test_a_run_that_records_nothing_changes_nothing(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    record_finding("swap-on", VERDICT, FINDING, tmp_path / "red.json", tmp_path / "red.md")
    assert list(tmp_path.iterdir()) == []


def test_a_fault_takes_the_place_of_its_last_sight(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    kept, page = tmp_path / "red.json", tmp_path / "red.md"
    for saw in ("before", "after"):
        record_finding("swap-on", VERDICT, FINDING | {"saw": saw}, kept, page)
    record_finding("another", VERDICT, FINDING, kept, page)
    seen = read_red_rules(kept)
    assert [(one.fault, one.finding["saw"]) for one in seen] == [("another", "on"),
                                                                ("swap-on", "after")]
    assert page.read_text() == compute_document(seen)


def test_a_rule_whose_source_has_changed_is_outdated() -> None:
    assert find_outdated_rules([SEEN]) == {}
    old = replace(SEEN, digest="0" * 16)
    assert find_outdated_rules([old, replace(old, fault="other")]) == {"swap": "swap-on, other"}
    # one fault of the present source is enough
    assert find_outdated_rules([old, replace(SEEN, fault="other")]) == {}


def test_the_page_is_computed_from_what_is_kept() -> None:
    assert DOCUMENT.read_text() == compute_document(read_red_rules())


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len(set(name_every_fault())) == len(name_every_fault())


def test_what_is_kept_is_of_faults_that_there_are() -> None:
    assert {one.fault for one in read_red_rules()} <= set(name_every_fault())
    assert all(one.finding["result"] in ("red", "warning") for one in read_red_rules())


# Rules whose faults have not run since evidence is kept. A rule leaves this list with its row.
NOT_RECORDED = {
    "api_affinity", "api_real_servers", "api_stale", "api_virtual_servers", "boot_order",
    "chains", "clock", "connection_reuse", "connection_table", "conntrack_size",
    "conntrack_use", "endpoints", "firewall", "flags", "forwarding", "interfaces", "ipset",
    "ipset_entries", "iptables_kind", "ipvs_absent", "leftovers", "loopback", "machine_id",
    "nft_service", "node_identity", "node_port", "proxy_command", "proxy_mode",
    "proxy_sync", "rival_manager", "rival_proxy", "rival_units", "root_overlay",
    "stray_probe", "timeouts", "traffic_probe", "unit_override"}


def test_every_rule_was_seen_red_with_the_source_that_it_has_now() -> None:
    """Where this fails: run the parts of `./dev wide` that do the faults of the rules it names."""
    seen = read_red_rules()
    assert find_outdated_rules(seen) == {}
    recorded = {one.rule for one in seen}
    assert recorded.isdisjoint(NOT_RECORDED)
    assert recorded | NOT_RECORDED | set(NEVER_BOOTED) == {rule.value for rule in Rule}
