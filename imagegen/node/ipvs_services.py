"""Session affinity by netlink: /proc gives it in the kernel's ticks."""

from __future__ import annotations

from .ipvs_proc import hexadecimal
from .netlink import load, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

PROTOCOLS = {6: b"TCP", 17: b"UDP", 132: b"SCTP"}
PERSISTENT = 1  # IP_VS_SVC_F_PERSISTENT, include/uapi/linux/ip_vs.h


def affinities() -> dict[tuple[bytes, bytes], int]:
    """Seconds of session affinity, by protocol and key, for all that have it. Raises CannotTell."""
    return {key: int(one.get_attr("IPVS_SVC_ATTR_TIMEOUT")) for key, one in _services()
            if one.get_attr("IPVS_SVC_ATTR_FLAGS")["flags"] & PERSISTENT}


def _services() -> Iterator[tuple[tuple[bytes, bytes], Any]]:
    with opened(load()) as ipvs:
        for message in ipvs.service("dump"):
            one = message.get_attr("IPVS_CMD_ATTR_SERVICE")
            protocol = PROTOCOLS.get(one.get_attr("IPVS_SVC_ATTR_PROTOCOL") or 0)
            if protocol:
                yield (protocol, hexadecimal(one.get_attr("IPVS_SVC_ATTR_ADDR"),
                                             one.get_attr("IPVS_SVC_ATTR_PORT"))), one
