"""When the units of a node became active: beside the verdict, where systemd tells."""

from __future__ import annotations

from typing import Any

from imagegen.node.verdict import verdict
from tests.node.fake import RUNNING, FakeNode, fact

UNIT = "kube-proxy.service"


def started(fake: FakeNode, *rules: str) -> Any:
    facts = [fact("unit", {"name": UNIT, "state": "active"}) for rule in rules if rule == "unit"]
    node = fake.node(facts=facts)
    return verdict(node, 0.0, lambda _: None, node.host.monotonic()).get("started")


def test_the_moment_of_this_boot(fake: FakeNode) -> None:
    fake.host.units[UNIT] = RUNNING
    assert started(fake, "unit") == [{"unit": UNIT, "seconds": 12.5}]
    assert fake.host.asked.count("systemctl") == 1


def test_an_earlier_boot_leaves_none(fake: FakeNode) -> None:
    fake.host.units[UNIT] = {**RUNNING, "ActiveEnterTimestampMonotonic": "0"}
    assert started(fake, "unit") is None


def test_nothing_is_asked_for_it_alone(fake: FakeNode) -> None:
    assert started(fake) is None
    assert "systemctl" not in fake.host.asked
