"""The packet filter of a node: iptables by its own program, all other tables by netlink."""

from __future__ import annotations

from ..chains import LEGACY, has_nftables
from ..model import CannotTell
from .iptables import read_saved
from .model import Ruleset
from .nftables import Sets, add_rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..state import Node
    from .places import Surroundings

PROGRAMS = {"ip": "iptables-save", "ip6": "ip6tables-save"}
OF_NFTABLES = "(nf_tables)"  # in the first line of what the program of the nft kind prints


def read_ruleset(node: Node, around: Surroundings, six: bool) -> Ruleset:
    """Every chain that judges packets of the node's families. Raises CannotTell."""
    ruleset = Ruleset()
    families = ("ip", "ip6") if six else ("ip",)
    chains = node.host.nft_base_chains() if has_nftables(node) else []
    shown: set[tuple[str, str]] = set()
    for family in families:
        if any(one.family == family for one in chains):
            shown |= _read_own(node, family, ruleset, around)
    for names, family, programs in LEGACY:
        if family in families and (node.read(names) or b"").strip():
            read_saved(_first_saved(node, programs), f"{programs[0][:-5]}", ruleset, around)
    rest = [one for one in chains if (one.family, one.table) not in shown
            and (one.family not in PROGRAMS or one.family in families)]
    for chain in rest:
        ruleset.add(chain)
    for table in sorted({(one.family, one.table) for one in rest}):
        sets = Sets(table, ruleset, around)
        for body in node.host.nft_rules(*table):
            add_rule(ruleset, body, table, sets)
    return ruleset


def _read_own(node: Node, family: str, ruleset: Ruleset,
              around: Surroundings) -> set[tuple[str, str]]:
    """The tables that iptables of the nft kind shows; what others made there it does not show."""
    program = PROGRAMS[family]
    text = node.saved(program)
    if OF_NFTABLES not in text[:200] and not _is_empty(text):
        text = node.saved(program.replace("-save", "-nft-save"))
    tables = read_saved(text, program[:-5], ruleset, around)
    return {(family, table) for table in tables}


def _is_empty(text: str) -> bool:
    return not any(row.startswith("*") for row in text.splitlines())


def _first_saved(node: Node, programs: tuple[str, ...]) -> str:
    """What the first program prints that is there. Raises CannotTell where none is."""
    for program in programs[:-1]:
        try:
            return node.saved(program)
        except CannotTell:
            continue
    return node.saved(programs[-1])
