"""The functional probe: the rule's use of it, and its child's manners on any kernel."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from imagegen.node import probe as process
from imagegen.node.model import CannotTell
from tests.node import cases
from tests.node.fake import FakeNode
from tests.processes import children

NETWORK = Path("/proc/self/ns/net")
RR = {"scheduler": "rr"}


def test_a_trial_that_works(fake: FakeNode) -> None:
    assert fake.judge("probe", RR, "kernel").result == "ok"


def test_a_trial_that_fails(fake: FakeNode) -> None:
    fake.host.trouble = "the kernel has no scheduler rr"
    outcome = fake.judge("probe", RR, "kernel")
    assert (outcome.result, outcome.saw) == ("red", "the kernel has no scheduler rr")
    assert "ip_vs_rr" in outcome.remedy


def test_a_trial_that_cannot_be_made_is_unknown(fake: FakeNode) -> None:
    fake.host.trouble = CannotTell("no network namespace for the trial: Operation not permitted")
    assert fake.judge("probe", RR, "kernel").result == "unknown"


def test_a_live_table_is_proof_enough(fake: FakeNode) -> None:
    fake.host.trouble = "must not be asked"
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("probe", RR, "table").result == "ok"
    assert fake.judge("probe", {"scheduler": "sh"}, "table").result == "red"
    assert fake.judge("probe", RR, "kernel").result == "red"


def test_an_empty_table_asks_the_kernel(fake: FakeNode) -> None:
    fake.table("")
    fake.host.trouble = "the kernel has no scheduler rr"
    assert fake.judge("probe", RR, "table").result == "red"


def test_each_family_that_services_have_is_tried(fake: FakeNode) -> None:
    fake.judge("probe", {**RR, "families": ["IPv4", "IPv6"]}, "kernel")
    assert fake.host.tried == ("IPv4", "IPv6")
    fake.judge("probe", RR, "kernel")
    assert fake.host.tried == ("IPv4",)


def test_a_live_table_of_one_family_proves_no_other(fake: FakeNode) -> None:
    fake.host.trouble = "an IPv6 virtual server is refused: Invalid argument"
    both = {**RR, "families": ["IPv4", "IPv6"]}
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("probe", both).saw == fake.host.trouble
    fake.table(cases.LOOPBACK)
    assert fake.judge("probe", both).result == "ok"


def test_the_child_leaves_nothing_and_changes_nothing() -> None:
    """Whether this kernel has IPVS or not, there is an answer, no child and no other namespace."""
    before, network = set(children()), NETWORK.readlink()
    try:
        answer = process.functional_probe("rr")
    except CannotTell as reason:
        answer = str(reason)
    # without leave no namespace, without the module no family; with both the trial succeeds
    assert answer == "" or "namespace" in answer or "IPVS" in answer or "IPv4" in answer, answer
    assert NETWORK.readlink() == network
    assert set(children()) <= before


def test_a_child_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(children())
    monkeypatch.setattr(process, "_own_network", lambda: time.sleep(600))
    with pytest.raises(CannotTell, match=r"did not end within 0\.2 s"):
        process.functional_probe("rr", timeout=0.2)
    assert set(children()) <= before


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_own_network", lambda: os._exit(9))
    with pytest.raises(CannotTell):
        process.functional_probe("rr")


def test_a_child_that_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(process, "_own_network", broken)
    with pytest.raises(CannotTell, match="ZeroDivisionError: by zero"):
        process.functional_probe("rr")


def test_a_kernel_without_ipvs_is_red_not_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What netlink answers where no module made the family: ENOENT, as a real kernel says it."""
    from imagegen.node import netlink

    def opened(library: object) -> object:
        raise netlink.NoFamily("the kernel has no IPVS family: ip_vs is not loaded")

    monkeypatch.setattr(netlink, "opened", opened)
    assert netlink.trial("rr", ("IPv4",)) == "the kernel has no IPVS family: ip_vs is not loaded"
