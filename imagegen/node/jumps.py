"""Which chains of iptables a packet can reach, by what iptables-save prints of both kinds."""

from __future__ import annotations

import re

from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

    Place = tuple[str, str]  # table, chain

HOOKS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
RULE = re.compile(r"^(?:\[[0-9:]+\] )?-A (\S+) (?:.*? )?(?:-j|-g) (\S+)", re.M)
SECONDS = 60.0


class Jumps:
    """The targets of every chain's rules, and the chains that a hook leads to."""

    __slots__ = ("reachable", "targets")

    def __init__(self, texts: list[str]) -> None:
        self.targets: dict[Place, set[str]] = {}
        for text in texts:
            for part in f"\n{text}".split("\n*")[1:]:
                table = part.split("\n", 1)[0].strip()
                for chain, target in RULE.findall(part):
                    self.targets.setdefault((table, chain), set()).add(target)
        self.reachable = self._reachable()

    def _reachable(self) -> set[Place]:
        rest = [place for place in self.targets if place[1] in HOOKS]
        found: set[Place] = set()
        while rest:
            place = rest.pop()
            if place not in found:
                found.add(place)
                rest += [(place[0], target) for target in self.targets.get(place, ())]
        return found


def saved_jumps(node: Node, family: str) -> Jumps:
    """Of one family (`ip`, `ip6`), as both kinds of iptables have them. Raises CannotTell."""
    base = "ip6tables" if family == "ip6" else "iptables"
    texts, trouble = [], ""
    for program in (f"{base}-save", f"{base}-nft-save", f"{base}-legacy-save"):
        try:
            code, said = node.host.output([program], timeout=SECONDS)
        except CannotTell as reason:
            trouble = trouble or str(reason)
            continue
        if code == 0:
            texts.append(said.decode("utf-8", "replace"))
        else:
            trouble = trouble or f"`{program}` fails"
    if not texts:
        raise CannotTell(trouble)
    return Jumps(texts)
