"""Whether clones of one image are nodes of their own, or share what must be unique."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from imagegen.boot.verify import NodeReport

# what each clone shows of itself; anything that two clones show alike is a fault of the seal
_SHOWN: tuple[tuple[str, Callable[[NodeReport, dict[str, Any]], Iterable[str]]], ...] = (
    ("hostname", lambda report, node: [str(node["hostname"])]),
    ("machine-id", lambda report, node: [str(node["machineId"])]),
    ("boot id", lambda report, node: [str(node["bootId"])]),
    ("ssh host key", lambda report, node: map(str, node["sshHostKeys"])),
    ("leased address", lambda report, node: [report.lease.address] if report.lease else []),
    ("DHCP client id", lambda report, node: [report.lease.client_id] if report.lease else []),
)


def distinct(reports: Sequence[NodeReport]) -> tuple[str, ...]:
    """One sentence for each thing that two clones share and should not; empty is good.

    A DHCP server that follows RFC 2131 gives one client id one address, so equal client ids are
    equal leases even where this segment's own server, which goes by MAC, gave two.
    """
    nodes = [json.loads(report.verdict)["node"] for report in reports]
    shared = (f"{' and '.join(names)} have the same {what}: {value}"
              for what, show in _SHOWN
              for value, names in _owners(reports, nodes, show).items() if len(names) > 1)
    unproven = (f"{report.name} took no lease on the shared segment"
                for report in reports if report.lease is None)
    return (*shared, *unproven)


def _owners(reports: Sequence[NodeReport], nodes: Sequence[dict[str, Any]],
            show: Callable[[NodeReport, dict[str, Any]], Iterable[str]]) -> dict[str, list[str]]:
    owners: dict[str, list[str]] = defaultdict(list)
    for report, node in zip(reports, nodes, strict=True):
        for value in set(show(report, node)):
            owners[value].append(report.name)
    return owners
