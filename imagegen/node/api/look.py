"""Looking at API server and table so that a change in between is no false alarm."""

from __future__ import annotations

from ..lasting import lasting
from ..model import CannotTell
from .client import Client
from .compare import Difference, Whose, differences
from .kubeconfig import Refused, access
from .wanted import Here, wanted_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node
    from .wanted import Key

NODE_ENV = ("/etc/imagegen/node.env", "/usr/lib/imagegen/node.env")


class Seen:
    """How many Services and virtual servers there should be, and what differs."""

    __slots__ = ("differences", "services", "virtual")

    def __init__(self, services: int, virtual: int, found: list[Difference]) -> None:
        self.services, self.virtual, self.differences = services, virtual, found


def looked(expect: dict[str, Any], node: Node) -> Seen | CannotTell:
    """What differs and stays so; trouble as a value, so that several rules share one try."""
    counts = 0, 0

    def find() -> dict[object, Difference]:
        nonlocal counts
        services, virtual, found = _once(expect, node)
        counts = services, virtual
        return {one.same: one for one in found}

    try:
        found = lasting(find, node, expect["families"])
    except CannotTell as reason:
        return reason
    return Seen(*counts, list(found.values()))


def _once(expect: dict[str, Any], node: Node) -> tuple[int, int, list[Difference]]:
    """As Seen: the table, the API server, and where they differ the table again."""
    before = node.table()
    cluster = node.host.cluster(lambda: opened(expect["kubeconfig"], expect["timeout"], node),
                                node_name(node))
    whose = _whose(expect, node)
    here = Here(node.expectations.kube_proxy.version, tuple(expect["families"]), whose.local,
                tuple(expect.get("nodePortAddresses") or ()))
    wanted = wanted_table(cluster, here)
    kept: list[dict[Key, int]] = []

    def seconds() -> dict[Key, int]:
        kept[:] = kept or [node.host.affinities()]
        return kept[0]

    found = differences(before, wanted, whose, seconds)
    if found:
        kept.clear()
        after = {one.same for one in differences(node.table_again(), wanted, whose, seconds)}
        found = [one for one in found if one.same in after]
    needed = sum(one.needed for one in wanted.values())
    return len(cluster.services), needed, found


def opened(path: str, seconds: float, node: Node) -> Client:
    """A client with a kubeconfig's credentials. Raises CannotTell."""
    data = node.read(path)
    if data is None:
        raise CannotTell(f"{path} is not there")
    return Client(access(data, path, node.read), seconds)


def node_name(node: Node) -> str:
    """The node's name in its cluster: its seed's, else the host's."""
    for path in NODE_ENV:
        for line in (node.read(path) or b"").decode("utf-8", "replace").splitlines():
            if line.startswith("NODE_NAME=") and line[10:].strip("\"' "):
                return line[10:].strip("\"' ")
    return (node.read("/proc/sys/kernel/hostname") or b"").decode().strip().lower()


def _whose(expect: dict[str, Any], node: Node) -> Whose:
    index = node.interface("kube-ipvs0")
    entries = node.addresses()
    return Whose(expect["ranges"], expect.get("excluded") or [], expect["nodePorts"],
                 {one[2] for one in entries if one[0] == index},
                 {one[2] for one in entries if one[0] != index})


__all__ = ["Refused", "Seen", "looked", "node_name", "opened"]
