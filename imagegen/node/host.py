"""What is asked of the running system rather than of its files: programs, sockets, the clock.

Tests hand the rules another one; the rules themselves never touch the system directly.
"""

from __future__ import annotations

import time

from .model import CannotTell
from .programs import Programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .addresses import Address
    from .api.client import Client
    from .api.objects import Cluster
    from .chains import Chain
    from .firewall.model import Chain as FilterChain
    from .ipset import Set
    from .ipvs_proc import Entry


class Host:
    """The live system."""

    live = True

    def __init__(self) -> None:
        self._programs = Programs()

    def begin(self, argv: list[str]) -> None:
        """Start a program that will be asked for."""
        self._programs.begin(argv)

    def drop(self) -> None:
        """End the programs that were begun and not asked for."""
        self._programs.drop()

    def output(self, argv: list[str], timeout: float = 20.0) -> tuple[int, bytes]:
        """Exit code and both streams of a program. Raises CannotTell where it does not finish."""
        return self._programs.output(argv, timeout)

    def units_shown(self, names: list[str]) -> list[dict[str, str]]:
        """What systemd says of units by its own socket; empty where it does not."""
        import struct

        from .systemd import shown

        try:
            return shown(names)
        except (OSError, struct.error):
            return []

    def http(self, address: str, path: str, stop: bytes = b"") -> tuple[int, bytes]:
        """Status and body of a plain GET; reads no further than the line that starts with `stop`.

        Raises CannotTell with the reason where nobody answers.
        """
        from .http import get

        return get(address, path, stop)

    def addresses(self) -> list[Address]:
        """Every address of this network namespace."""
        from .addresses import all_addresses

        return all_addresses()

    def probe(self, scheduler: str, families: tuple[str, ...]) -> str:
        """Empty where a virtual server of each family with this scheduler works, else why not."""
        from .probe import functional_probe

        return functional_probe(scheduler, families)

    def sets(self) -> dict[str, Set]:
        """The head of every ipset, by its name."""
        from .ipset import heads

        return heads()

    def members(self, name: str) -> set[Entry]:
        """All that an ipset of addresses and ports holds."""
        from .ipset import members

        return members(name)

    def in_set(self, name: str, protocol: str, address: bytes, port: int) -> bool:
        """Whether an ipset holds this address and port; a set of ports is asked without one."""
        from .ipset import holds

        return holds(name, protocol, address, port)

    def ipvs_timeouts(self) -> tuple[int, int, int]:
        """Seconds: of an idle TCP connection, of one that closes, of UDP."""
        from .generic import timeouts

        return timeouts()

    def ipvs_info(self) -> tuple[str, int]:
        """The version of IPVS, and the buckets of its connection table."""
        from .generic import info

        return info()

    def service_flags(self) -> set[int]:
        """Every value that the flags of some virtual server have."""
        from .generic import service_flags

        return service_flags()

    def affinity(self, address: str, port: int) -> int:
        """Seconds of a TCP virtual server's session affinity, which /proc gives in ticks."""
        from .netlink import affinity

        return affinity(address, port)

    def nft_chains(self) -> set[Chain]:
        """Every chain of nf_tables. Raises CannotTell."""
        from .chains import nft_chains

        return nft_chains()

    def nft_base_chains(self) -> list[FilterChain]:
        """Every chain of nf_tables that judges IP packets, without rules. Raises CannotTell."""
        from .firewall.nftables import base_chains

        return base_chains()

    def nft_rules(self, family: str, table: str) -> list[bytes]:
        """The rules of a table of nf_tables, as the kernel gives them. Raises CannotTell."""
        from .firewall.nftables import table_rules

        return table_rules(family, table)

    def nft_elements(self, family: str, table: str,
                     name: str) -> list[tuple[bytes, bytes, bytes]]:
        """First key, last key and data of what a set of nf_tables holds. Raises CannotTell."""
        from .firewall.nftables import set_elements

        return set_elements(family, table, name)

    def ipset_networks(self, name: str) -> list[tuple[bytes, int]]:
        """The addresses and networks that an ipset holds, with their lengths. Raises CannotTell."""
        from .ipset import networks

        return networks(name)

    def in_ipset(self, name: str, protocol: int, address: bytes, port: int | None,
                 second: bytes) -> bool:
        """Whether an ipset of any type holds an address, a port, two addresses or all of them."""
        from .ipset import holds_any

        return holds_any(name, protocol, address, port, second)

    def now(self) -> float:
        """The clock: seconds since 1970."""
        return time.time()

    def synchronised(self) -> bool:
        """Whether a time server has set the clock. Raises CannotTell."""
        from .clock import synchronised

        return synchronised()

    def affinities(self) -> dict[tuple[bytes, bytes], int]:
        """Seconds of every virtual server's session affinity, by protocol and table key."""
        from .ipvs_services import affinities

        return affinities()

    def cluster(self, opened: Callable[[], Client], node_name: str) -> Cluster:
        """The API server's Services, EndpointSlices and this Node, read once."""
        from .api.objects import read

        return read(opened, node_name)

    def through(self, address: str, port: int, seconds: float) -> tuple[str, str]:
        """Connect through a virtual server: what went wrong, and the real server IPVS chose."""
        from .traffic import through

        return through(address, port, seconds)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Elsewhere(Host):
    """No live system: the files under another root are judged, so the rest cannot be asked."""

    live = False

    def http(self, address: str, path: str, stop: bytes = b"") -> tuple[int, bytes]:
        """Raises CannotTell."""
        raise CannotTell("kube-proxy is not asked under another root")

    def addresses(self) -> list[Address]:
        """Raises CannotTell."""
        raise CannotTell("addresses are not read under another root")

    def probe(self, scheduler: str, families: tuple[str, ...]) -> str:
        """Raises CannotTell."""
        raise CannotTell("the kernel is not probed under another root")

    def sets(self) -> dict[str, Set]:
        """Raises CannotTell."""
        raise CannotTell("ipsets are not read under another root")

    def members(self, name: str) -> set[Entry]:
        """Raises CannotTell."""
        raise CannotTell("ipsets are not read under another root")

    def in_set(self, name: str, protocol: str, address: bytes, port: int) -> bool:
        """Raises CannotTell."""
        raise CannotTell("ipsets are not read under another root")

    def ipvs_timeouts(self) -> tuple[int, int, int]:
        """Raises CannotTell."""
        raise CannotTell("the kernel is not asked under another root")

    def ipvs_info(self) -> tuple[str, int]:
        """Raises CannotTell."""
        raise CannotTell("the kernel is not asked under another root")

    def service_flags(self) -> set[int]:
        """Raises CannotTell."""
        raise CannotTell("the kernel is not asked under another root")

    def affinity(self, address: str, port: int) -> int:
        """Raises CannotTell."""
        raise CannotTell("the kernel is not asked under another root")

    def nft_chains(self) -> set[Chain]:
        """Raises CannotTell."""
        raise CannotTell("chains are not read under another root")

    def nft_base_chains(self) -> list[FilterChain]:
        """Raises CannotTell."""
        raise CannotTell("chains are not read under another root")

    def synchronised(self) -> bool:
        """Raises CannotTell."""
        raise CannotTell("the clock is not asked under another root")
