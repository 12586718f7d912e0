"""A packet's way through the chains of one hook: it may arrive, may be lost, or both."""

from __future__ import annotations

from .model import (
    ACCEPT,
    CONTINUE,
    DROP,
    GOTO,
    JUMP,
    NAT,
    RETURN,
    UNKNOWN,
    Chain,
    Packet,
    Rule,
    Ruleset,
    join,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Mark

DEEPEST = 16  # the kernel's own limit of nested jumps (NFT_JUMP_STACK_SIZE)
# chains of network policies: what they drop was asked for
POLICIES = ("cali-", "filter-cali-", "KUBE-NWPLCY", "KUBE-POD-FW-", "KUBE-ROUTER-", "WEAVE-NPC",
            "OVN-KUBE-")
# of kube-proxy, for loadBalancerSourceRanges
SOURCE_RANGES = ("KUBE-SOURCE-RANGES-FIREWALL",)


class Loss:
    """Where a packet is lost: a chain, and its rule or (None) its policy."""

    __slots__ = ("chain", "rule")

    def __init__(self, chain: Chain, rule: Rule | None) -> None:
        self.chain, self.rule = chain, rule

    @property
    def words(self) -> str:
        """`iptables, table filter, chain INPUT: -A INPUT -j DROP`."""
        what = self.rule.text if self.rule else f"policy {DROP}"
        return f"{self.chain.title}: {what}"


class Walk:
    """One packet in one base chain: the mark of those accepted, and where some are lost."""

    def __init__(self, ruleset: Ruleset, packet: Packet) -> None:
        self._ruleset, self._packet = ruleset, packet
        self.accepted: Mark | None = None
        self.translated = self.plain = False  # whether a rule of nat took some, or none did
        self.losses: list[Loss] = []

    def enter(self, chain: Chain) -> None:
        """Send the packet through a base chain, and give it the mark that it leaves with."""
        end = self._follow(chain, self._packet.mark, 0)
        if end is not None:
            self.plain = True
            if chain.policy == DROP:
                self.losses.append(Loss(chain, None))
            else:
                self.accepted = join(self.accepted, end)
        if self.accepted is not None:
            self._packet.mark = self.accepted

    def _follow(self, chain: Chain, mark: Mark, depth: int) -> Mark | None:
        """The mark at the chain's end; None where no packet comes so far."""
        packet, ends = self._packet, None
        for rule in chain.rules:
            packet.mark = mark
            step = rule.run(packet)
            if step is None:
                continue
            on = None if step.sure else mark
            for verdict, target in step.options:
                back, left = self._take(chain, rule, verdict, target, step.mark, depth)
                on, ends = join(on, back), join(ends, left)
            if on is None:
                return ends
            mark = on
        return join(ends, mark)

    def _take(self, chain: Chain, rule: Rule, verdict: str, target: str, mark: Mark,
              depth: int) -> tuple[Mark | None, Mark | None]:
        """The marks of what goes on to the next rule, and of what leaves the chain."""
        if verdict == CONTINUE:
            return mark, None
        if verdict == RETURN:
            return None, mark
        if verdict in (JUMP, GOTO):
            there = self._ruleset.beside(chain, target)
            end: Mark | None = mark
            if there is not None and depth < DEEPEST:
                end = self._follow(there, mark, depth + 1)
            return (end, None) if verdict == JUMP else (None, end)
        if verdict in (DROP, UNKNOWN):
            if _is_meant(chain):
                self.accepted = join(self.accepted, mark)
                return None, None
            self.losses.append(Loss(chain, rule))
            return (mark if verdict == UNKNOWN else None), None
        self.translated = self.translated or verdict == NAT
        self.plain = self.plain or verdict == ACCEPT
        self.accepted = join(self.accepted, mark)
        return None, None


def _is_meant(chain: Chain) -> bool:
    """Whether what the chain drops is somebody's network policy."""
    return chain.name.startswith(POLICIES) or chain.name in SOURCE_RANGES
