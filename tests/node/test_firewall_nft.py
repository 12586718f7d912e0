"""Rules of nftables, in the kernel's own answers to nft's rulesets (nft_dumps.json holds both)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.node.firewall.nftables import (
    ELEMENTS,
    FIRST,
    attributes,
    each,
    parse_chain,
    parse_elements,
)
from tests.node.fake import FakeNode
from tests.node.firewall import judge, saved, with_services

DUMPS: dict[str, Any] = json.loads(Path(__file__).with_name("nft_dumps.json").read_text())
# the rules, what becomes of services, and who is cut off
EXPECTED = {
    "policy": ("red", "policy drop cuts pods"), "policy-that-accepts": ("ok", ""),
    "address": ("red", "cuts this node, pods"), "set": ("red", "cuts pods (through cni0) off"),
    "set-of-others": ("ok", ""), "map-of-interfaces": ("red", "chain a: the rule with handle"),
    "map-of-services": ("red", "TCP 10.254.72.60:80"), "mark": ("red", "chain x"),
    "limit": ("warning", "may cut"), "ports": ("red", "cuts pods"),
    "other-ports": ("red", "cuts pods"), "way-back": ("ok", ""), "local": ("red", "cuts pods"),
    "forward": ("red", "chain x: policy drop cuts pods"), "harmless": ("ok", ""),
    "other-family": ("ok", ""), "behind-nat": ("red", "handle 2 cuts pods (through cni0)"),
}


def with_rules(fake: FakeNode, name: str) -> FakeNode:
    """A node whose kernel answers as it did where nft had loaded this ruleset."""
    node, dump = with_services(fake), DUMPS[name]
    family = dump["family"]
    node.host.bases = [parse_chain(bytes.fromhex(one)) for one in dump["chains"]]
    node.host.rules = {(family, "fw"): [bytes.fromhex(one) for one in dump["rules"]]}
    node.host.elements = {
        (family, "fw", of): parse_elements([
            one for body in bodies for _, one in
            each(attributes(bytes.fromhex(body)[FIRST.size :]).get(ELEMENTS, b""))])
        for of, bodies in dump["sets"].items()}
    return node


@pytest.mark.parametrize("name", DUMPS)
def test_a_ruleset_is_judged(fake: FakeNode, name: str) -> None:
    result, words = EXPECTED[name]
    outcome = judge(with_rules(fake, name), saved())
    assert outcome.result == result, outcome.saw
    assert words in outcome.saw
    if result != "ok":
        assert f"`nft -a list chain {DUMPS[name]['family']} fw" in outcome.remedy


def test_every_ruleset_is_judged() -> None:
    assert EXPECTED.keys() == DUMPS.keys()


def test_a_set_that_cannot_be_read_is_a_warning(fake: FakeNode) -> None:
    node = with_rules(fake, "set")
    node.host.elements.clear()
    outcome = judge(node, saved())
    assert (outcome.result, "may cut" in outcome.saw) == ("warning", True)


@pytest.mark.parametrize("junk", [b"\1\0\0\0", b"\1\0\0\0\xff", b"\1\0\0\0\4\0\4\0", bytes(64)])
def test_an_answer_without_its_parts_is_no_crash(fake: FakeNode, junk: bytes) -> None:
    node = with_rules(fake, "address")
    node.host.rules["ip", "fw"].append(junk)
    assert judge(node, saved()).result == "red"
