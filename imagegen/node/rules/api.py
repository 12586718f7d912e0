"""The IPVS table against the API server: nothing missing, nothing stale, every endpoint in it."""

from __future__ import annotations

from ..api.compare import AFFINITY, ENDPOINTS, MISSING, STALE
from ..api.look import Refused
from ..model import UNKNOWN, Outcome, not_yet, ok
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

SHOWN = 5


def services(expect: dict[str, Any], node: Node) -> Outcome:
    """Every port of every Service has its virtual servers."""
    return _judged(expect, node, MISSING, "a virtual server for every Service port",
                   "Read kube-proxy's log for the Service, restart kube-proxy, and compare with "
                   "`kubectl get services -A`.")


def endpoints(expect: dict[str, Any], node: Node) -> Outcome:
    """Every ready endpoint is a real server of weight 1, and nothing else is."""
    return _judged(expect, node, ENDPOINTS, "the Services' ready endpoints as real servers",
                   "Compare with `kubectl get endpointslices -A`, read kube-proxy's log and "
                   "restart it.")


def affinity(expect: dict[str, Any], node: Node) -> Outcome:
    """Session affinity as the Service has it."""
    return _judged(expect, node, AFFINITY, "the Services' session affinity",
                   "Restart kube-proxy: another program changed the virtual server.")


def stale(expect: dict[str, Any], node: Node) -> Outcome:
    """No virtual server of kube-proxy's that no Service asks for."""
    return _judged(expect, node, STALE, "no virtual server without a Service",
                   "Remove it with `ipvsadm -D` or restart kube-proxy, and name what is meant to "
                   "stay in ipvs.excludeCIDRs.")


def _judged(expect: dict[str, Any], node: Node, kind: str, wanted: str, remedy: str) -> Outcome:
    try:
        seen = node.cluster(expect)
    except Refused as reason:  # waiting mends no permission
        return Outcome(UNKNOWN, wanted, str(reason), reason.remedy)
    wrong = [one.said for one in seen.differences if one.kind == kind]
    if not wrong:
        return ok(wanted, f"{counted(seen.virtual, 'virtual server')} of "
                          f"{counted(seen.services, 'Service')}")
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return not_yet(wanted, f"{len(wrong)} otherwise: {'; '.join(wrong[:SHOWN])}{more}", remedy)
