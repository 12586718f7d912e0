"""A node made of a folder and of canned answers, so that every rule can be green and red."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from imagegen.node.api.client import Client
from imagegen.node.api.objects import Cluster
from imagegen.node.expectations import Expectations, KubeProxy, NodeSettings
from imagegen.node.firewall.model import Chain as FilterChain
from imagegen.node.host import Host
from imagegen.node.ipset import Set
from imagegen.node.judge import judged
from imagegen.node.model import OK, CannotTell, Fact, Outcome
from imagegen.node.state import Node
from tests.sentences import faults_of_sentences, literals_of_python

KERNEL = "6.1.0-50-cloud-amd64"
UNIT = "kube-proxy.service"
RUNNING = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running",
           "UnitFileState": "enabled", "ActiveEnterTimestampMonotonic": "12500000",
           "NRestarts": "0", "Result": "success", "ConditionResult": "yes"}
TITLE = ("IP Virtual Server version 1.2.1 (size=4096)\n"
         "Prot LocalAddress:Port Scheduler Flags\n"
         "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n")


class FakeHost(Host):
    """Answers from tables; `programs` by name or whole command line, `pages` by path of the URL."""

    def __init__(self) -> None:
        self.programs: dict[str, tuple[int, str]] = {}
        self.pages: dict[str, tuple[int, str]] = {}
        self.local: list[tuple[int, int, bytes, int]] = []
        self.trouble: str | CannotTell = ""
        self.tried: tuple[str, ...] = ()
        self.heads: dict[str, Set] = {}
        self.entries: set[tuple[str, str, bytes, int]] = set()
        self.held: dict[str, set[tuple[bytes, bytes, int]]] = {}
        self.timeouts: tuple[int, int, int] | CannotTell = (900, 120, 300)
        self.buckets = 4096
        self.flags: set[int] = set()
        self.units: dict[str, dict[str, str]] = {UNIT: RUNNING}
        self.clock = 0.0
        self.date, self.kept_by_server = 1_800_000_000.0, True
        self.filter: set[tuple[str, str, str]] = {("ip", "nat", "KUBE-SERVICES")}
        self.bases: list[FilterChain] = []
        self.rules: dict[tuple[str, str], list[bytes]] = {}
        self.elements: dict[tuple[str, str, str], list[tuple[bytes, bytes, bytes]]] = {}
        self.in_ipsets: set[tuple[object, ...]] = set()
        self.asked: list[str] = []
        self.begun: list[str] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self.sticky: dict[tuple[bytes, bytes], int] = {}
        self.objects: Callable[[], Cluster] | None = None
        self.hop = "", ""

    def begin(self, argv: list[str]) -> None:
        self.begun.append(" ".join(argv))

    def drop(self) -> None:
        self.begun.clear()

    def output(self, argv: list[str], timeout: float = 20.0) -> tuple[int, bytes]:
        name = argv[0].rpartition("/")[2]
        self.asked.append(name)
        if name == "systemctl":
            names = argv[argv.index("--") + 1 :]
            said = [self.units.get(one, {"LoadState": "not-found"}) for one in names]
            return 0, "\n\n".join(
                "\n".join(f"{key}={value}" for key, value in unit.items())
                for unit in said).encode()
        said = self.programs.get(" ".join([name, *argv[1:]])) or self.programs.get(name)
        if said is None:
            raise CannotTell(f"{argv[0]} cannot be run")
        code, text = said
        return code, text.encode()

    def units_shown(self, names: list[str]) -> list[dict[str, str]]:
        return []

    def http(self, address: str, path: str, stop: bytes = b"") -> tuple[int, bytes]:
        self.asked.append(path)
        if path not in self.pages:
            raise CannotTell(f"http://{address}{path}: Connection refused")
        status, text = self.pages[path]
        return status, text.encode()

    def addresses(self) -> list[tuple[int, int, bytes, int]]:
        return self.local

    def affinity(self, address: str, port: int) -> int:
        return 1800

    def sets(self) -> dict[str, Set]:
        return self.heads

    def in_set(self, name: str, protocol: str, address: bytes, port: int) -> bool:
        return (name, protocol, address, port) in self.entries

    def members(self, name: str) -> set[tuple[bytes, bytes, int]]:
        return self.held[name]

    def ipvs_timeouts(self) -> tuple[int, int, int]:
        if isinstance(self.timeouts, CannotTell):
            raise self.timeouts
        return self.timeouts

    def ipvs_info(self) -> tuple[str, int]:
        return "1.2.1", self.buckets

    def service_flags(self) -> set[int]:
        return self.flags

    def probe(self, scheduler: str, families: tuple[str, ...]) -> str:
        self.tried = families
        if isinstance(self.trouble, CannotTell):
            raise self.trouble
        return self.trouble

    def now(self) -> float:
        return self.date

    def synchronised(self) -> bool:
        return self.kept_by_server

    def nft_chains(self) -> set[tuple[str, str, str]]:
        return self.filter

    def nft_base_chains(self) -> list[FilterChain]:
        made = {(family, table) for family, table, _ in self.filter}
        of_iptables = [FilterChain("nftables", family, table, "x") for family, table in made]
        return [*of_iptables, *self.bases]

    def nft_rules(self, family: str, table: str) -> list[bytes]:
        return self.rules.get((family, table), [])

    def nft_elements(self, family: str, table: str,
                     name: str) -> list[tuple[bytes, bytes, bytes]]:
        if (family, table, name) not in self.elements:
            raise CannotTell("no such set")
        return self.elements[family, table, name]

    def ipset_networks(self, name: str) -> list[tuple[bytes, int]]:
        return [(one[1], 8 * len(one[1])) for one in self.in_ipsets
                if one[0] == name and isinstance(one[1], bytes)]

    def in_ipset(self, name: str, protocol: int, address: bytes, port: int | None,
                 second: bytes) -> bool:
        return (name, *(part for part in (address, port, second) if part)) in self.in_ipsets

    def affinities(self) -> dict[tuple[bytes, bytes], int]:
        return self.sticky

    def cluster(self, opened: Callable[[], Client], node_name: str) -> Cluster:
        self.asked.append(f"cluster as {node_name}")
        if self.objects is None:
            return super().cluster(opened, node_name)
        return self.objects()

    def through(self, address: str, port: int, seconds: float) -> tuple[str, str]:
        return self.hop

    def monotonic(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.clock += seconds
        self.on_sleep()


class FakeNode:
    """Files under a root, a host, and the facts that are judged."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host = FakeHost()
        self.kube_proxy: dict[str, Any] = {}
        self.settings = NodeSettings(None, None)
        self.write("/run/systemd/system/.keep", "")
        self.write("/proc/sys/kernel/osrelease", f"{KERNEL}\n")

    def write(self, path: str, text: str | bytes, mode: int = 0o644) -> Path:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        place.chmod(mode)
        return place

    def link(self, path: str, target: str) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    def process(self, pid: int, *argv: str, group: str = "0::/system.slice/x.service",
                parent: int = 1) -> None:
        self.write(f"/proc/{pid}/stat", f"{pid} (a) b) S {parent} {pid} {pid} 0 -1 4194560\n")
        self.write(f"/proc/{pid}/cmdline", "".join(f"{word}\0" for word in argv))
        self.write(f"/proc/{pid}/cgroup", f"{group}\n")

    def table(self, lines: str) -> None:
        self.write("/proc/net/ip_vs", TITLE + lines)

    def node(self, level: str = "table", facts: list[Fact] | None = None,
             timeout: float = 300.0) -> Node:
        told = Expectations("quickstart", "3f9a" * 16, timeout, KubeProxy(self.kube_proxy),
                            facts or [])
        return Node(str(self.root), self.host, level, told, self.settings)

    def judge(self, rule: str, expect: Mapping[str, Any], level: str = "table") -> Outcome:
        one = fact(rule, dict(expect), level)
        found = judged(one, self.node(level, [one]))
        assert_can_be_acted_on(found)
        return found


def assert_can_be_acted_on(found: Outcome) -> None:
    """Whatever a test has a rule say: one remedy in whole sentences, and no value of Python's."""
    if found.remedy:
        assert not faults_of_sentences(found.remedy), found.remedy
    assert not literals_of_python(found.expected), found.expected
    if found.result != OK:
        assert not literals_of_python(found.remedy), found.remedy


def fact(rule: str, expect: dict[str, Any], level: str = "table", name: str = "") -> Fact:
    return Fact(name or f"{rule}.x", rule, (level,), expect, "a reason", "a source", "A remedy.")
