"""Three readers of the IPVS table agree: the parser of /proc/net/ip_vs, netlink's, ipvsadm.

Tables are random and hold all that a kernel takes; each batch is one trip to the guest. The node's
own table stays as it is: the readers look at a network namespace of their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.guests.harness import NodeClone
from tests.guests.tables import tables

READERS = Path(__file__).with_name("readers.py").read_bytes()
PLACE, PACKED = "/root/readers.py", "/usr/lib/imagegen/ipvs-check.pyz"
ASIDE = ("ip", "netns", "exec", "tables")
PERSISTENT, ONE_PACKET = 1, 4
KERNELS_HERTZ = "sed -n s/^CONFIG_HZ=//p /boot/config-$(uname -r)"
BATCH = 12


def agreed(node: NodeClone, batches: int, always_the_same: bool = False) -> None:
    """Nothing that a kernel holds is read in two ways. A table that is, is said as it is."""
    hertz = prepared(node)

    @settings(max_examples=batches, deadline=None, database=None, derandomize=always_the_same,
              suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
    @given(st.lists(tables(), min_size=BATCH, max_size=BATCH))
    def agree(texts: list[str]) -> None:
        for text, seen in zip(texts, answers(node, hertz, texts), strict=True):
            assert "refused" not in seen, f"{seen['refused']}\n{text}"
            compared(seen, text)
    agree()


def prepared(node: NodeClone) -> int:
    """The readers' program and their network are there; the kernel's ticks a second."""
    node.write(PLACE, READERS)
    node.run(["ip", "netns", "add", "tables"])
    node.run([*ASIDE, "ip", "link", "set", "lo", "up"])
    return int(node.run(["sh", "-c", KERNELS_HERTZ]).stdout)


def answers(node: NodeClone, hertz: int, texts: list[str]) -> list[dict[str, Any]]:
    """What the three saw of each table."""
    done = node.run([*ASIDE, "python3", "-I", "-S", PLACE, PACKED, str(hertz)],
                    stdin=json.dumps(texts).encode(), timeout=300)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def compared(seen: dict[str, Any], text: str) -> None:
    """Netlink and ipvsadm in everything, the parser in all that /proc shows."""
    assert seen["netlink"] == seen["ipvsadm"], text
    assert seen["proc"] == sorted(map(shown, seen["ipvsadm"])), text


def shown(row: list[Any]) -> list[Any]:
    """A virtual server as /proc shows it: of IPv6 without the flag of one packet.

    The length of an IPv6 prefix is a number, and goes through the same ntohl as a mask of IPv4.
    """
    name, scheduler, flags, timeout, family, mask, servers = row
    four = family == "IPv4"
    ops = bool(flags & ONE_PACKET) and (four or name.startswith("FWM"))
    told = mask if four else int.from_bytes(mask.to_bytes(4, "little"), "big")
    return [name, scheduler, ops, timeout, told if flags & PERSISTENT else None, servers]
