"""Every chain of the packet filter, by one nfnetlink dump: no program, no rule is read.

`iptables` of the nft kind writes the tables ip and ip6 `nat`, `filter` …; what is left of the old
kind lies elsewhere in the kernel, and only its own program reads it. linux/netfilter/nf_tables.h,
linux/netfilter/nfnetlink.h.
"""

from __future__ import annotations

import socket

from .generic import DUMP, attributes
from .model import CannotTell
from .netfilter import FIRST, dump, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

NFTABLES, NEW_CHAIN, GET_CHAIN = 10 << 8, 3, 4
CHAIN_TABLE, CHAIN_NAME = 1, 3
FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
# which tables of the old kind are in use, and the programs that read them
LEGACY = (("/proc/net/ip_tables_names", "ip", ("iptables-legacy-save", "iptables-save")),
          ("/proc/net/ip6_tables_names", "ip6", ("ip6tables-legacy-save", "ip6tables-save")))
SECONDS = 60.0

# family, table, chain: `ip`, `nat`, `KUBE-SERVICES`
Chain = tuple[str, str, str]


def all_chains(node: Node) -> set[Chain]:
    """The chains of both kinds. Raises CannotTell."""
    found = node.host.nft_chains() if has_nftables(node) else set()
    for names, family, programs in LEGACY:
        if (node.read(names) or b"").strip():
            found = found | _legacy(node, family, programs)
    return found


def has_nftables(node: Node) -> bool:
    """Without it a dump would only make the kernel load it."""
    from .kernel_modules import built_in

    return "nf_tables" in node.loaded() or "nf_tables" in built_in(node, node.kernel())


def _legacy(node: Node, family: str, programs: tuple[str, ...]) -> set[Chain]:
    for number, program in enumerate(programs):
        try:
            code, said = node.host.output([program], timeout=SECONDS)
        except CannotTell:
            if number + 1 < len(programs):
                continue
            raise
        if code == 0:
            return saved(family, said.decode("utf-8", "replace"))
        raise CannotTell(f"`{program}` fails: {said.decode('utf-8', 'replace').strip()[-160:]}")
    return set()


def saved(family: str, text: str) -> set[Chain]:
    """The chains of what iptables-save prints: `*nat`, then `:KUBE-SERVICES - [0:0]`."""
    table, found = "", set()
    for row in text.splitlines():
        if row.startswith("*"):
            table = row[1:].strip()
        elif row.startswith(":"):
            found.add((family, table, row[1:].split(" ", 1)[0]))
    return found


def nft_chains() -> set[Chain]:
    """What the kernel's nf_tables has. Raises CannotTell."""
    asked = request(NFTABLES | GET_CHAIN, DUMP, socket.AF_UNSPEC)
    return set(dump(asked, NFTABLES | NEW_CHAIN, chain, "its chains"))


def chain(body: bytes) -> Chain:
    """One answer's chain. Raises struct.error."""
    family, _, _ = FIRST.unpack_from(body)
    told = attributes(body[FIRST.size :])
    table, name = (told.get(kind, b"").rstrip(b"\0").decode("utf-8", "replace")
                   for kind in (CHAIN_TABLE, CHAIN_NAME))
    return FAMILIES.get(family, str(family)), table, name
