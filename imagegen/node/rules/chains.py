"""kube-proxy's rules beside its table: the chains, and the jumps to them that a flush takes."""

from __future__ import annotations

import re

from ..model import CannotTell, Outcome, not_yet, ok
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# the node's own choice first; a kube-proxy in a container may have chosen the other backend
PROGRAMS = ("iptables-save", "iptables-nft-save", "iptables-legacy-save")
RULE = re.compile(r"^-A (\S+) .*?-j (\S+)", re.M)
KNOWN = " KUBE-SERVICES"


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Each `TABLE CHAIN TARGET` is a rule there; rules of others may stand beside them."""
    wanted = f"{counted(len(expect['rules']), 'rule')} of kube-proxy's in {expect['family']}"
    program, found = _found(node, expect["family"])
    missing = [one for one in expect["rules"] if tuple(one.split()) not in found]
    if not missing:
        return ok(wanted, f"there, by {program}")
    shown = ", ".join("{} {} -> {}".format(*one.split()) for one in missing[:5])
    return not_yet(wanted, f"{len(missing)} missing in {program}: {shown}",
                   "Restart kube-proxy, and keep what flushed them (a reload of firewalld, "
                   "`iptables -F`) away from its chains.")


def programs(expect: dict[str, Any], _node: Node) -> list[list[str]]:
    """The node's own choice."""
    return [[_of(PROGRAMS[0], expect["family"])]]


def _of(program: str, family: str) -> str:
    return program.replace("ip", "ip6", 1) if family == "IPv6" else program


def _found(node: Node, family: str) -> tuple[str, set[tuple[str, ...]]]:
    """The rules of the first program that knows kube-proxy's, else of the node's own choice."""
    own: set[tuple[str, ...]] = set()
    for place, program in enumerate(PROGRAMS):
        name = _of(program, family)
        try:
            text = node.saved(name)
        except CannotTell:
            if place == 0:
                raise
            continue
        found = rules(text)
        if KNOWN in text:
            return name, found
        own = own or found
    return _of(PROGRAMS[0], family), own


def rules(text: str) -> set[tuple[str, ...]]:
    """(table, chain, target) of every rule that iptables-save printed."""
    found: set[tuple[str, ...]] = set()
    for part in f"\n{text}".split("\n*")[1:]:
        table = part.split("\n", 1)[0].strip()
        found.update((table, *rule) for rule in RULE.findall(part))
    return found
