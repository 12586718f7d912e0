"""Connection tracking: its table is as large as kube-proxy makes it, and not full."""

from __future__ import annotations

from ..model import CannotTell, Outcome, not_yet, ok, red, warning
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

FOLDER = "/proc/sys/net/netfilter"
BUCKETS = "/sys/module/nf_conntrack/parameters/hashsize"
STATISTICS = "/proc/net/stat/nf_conntrack"
CORES = "/sys/devices/system/cpu/online"
SOON_FULL = 0.8


def size(expect: dict[str, Any], node: Node) -> Outcome:
    """At least what this kube-proxy works out from the cores; a larger table does no harm."""
    cores = _cores(node)
    least = _least(cores * expect["perCore"], expect["min"], expect.get("cap"))
    wanted = f"nf_conntrack_max at least {least} ({counted(cores, 'core')})"
    live = _number(node, f"{FOLDER}/nf_conntrack_max")
    if live < least:
        return not_yet(wanted, str(live), "Restart kube-proxy, which sets it. Where it falls "
                       "again, find what writes it, such as a file of sysctl.d.")
    return ok(wanted, f"{live}; {_buckets(node)} buckets")


def _least(of_cores: int, least: int, cap: int | None) -> int:
    """max(cores x maxPerCore, min); from 1.36 on the product is cut first, and then min counts for
    nothing (kubernetes pkg/proxy/conntrack/sysctls.go, getConntrackMax)."""
    return cap if cap is not None and of_cores > cap else max(of_cores, least)


def use(expect: dict[str, Any], node: Node) -> Outcome:
    """How much of the table is in use, and whether it has ever been full since the boot."""
    count = _number(node, f"{FOLDER}/nf_conntrack_count")
    most = _number(node, f"{FOLDER}/nf_conntrack_max")
    wanted, saw = "room for more connections", f"{count} of {most} entries in use"
    remedy = ("Raise kubeProxy.config.conntrack.maxPerCore or .min, and look with `conntrack -S` "
              "and "
              "`conntrack -L` what fills it.")
    if count >= most > 0:
        return red(wanted, f"{saw}: every new connection is dropped", remedy)
    if count > SOON_FULL * most > 0:
        return warning(wanted, saw, remedy)
    full = _was_full(node)
    if full:
        return warning(wanted, f"{saw}; but {full} since the boot", remedy)
    return ok(wanted, saw)


def _was_full(node: Node) -> str:
    """A full table throws entries out early or drops packets.

    A clash of two packets counts as insert_failed and drop alike, and is no sign of a full table
    (kernel net/netfilter/nf_conntrack_core.c).
    """
    sums = _sums(node)
    thrown, dropped = sums.get("early_drop", 0), sums.get("drop", 0) - sums.get("insert_failed", 0)
    parts = [counted(thrown, "was thrown out early", "were thrown out early")] if thrown > 0 else []
    parts += [counted(dropped, "packet was dropped", "packets were dropped")] if dropped > 0 else []
    return " and ".join(parts)


def _sums(node: Node) -> dict[str, int]:
    """The columns of the statistics, a row a core, hexadecimal, added up; empty without any."""
    head, *rows = (node.read(STATISTICS) or b"").decode("ascii", "replace").splitlines() or [""]
    names = head.split()
    sums = dict.fromkeys(names, 0)
    for row in rows:
        for name, value in zip(names, row.split()):
            sums[name] += int(value, 16)
    return sums


def _cores(node: Node) -> int:
    """The processors that are online: `0-3,6`."""
    text = (node.read(CORES) or b"").decode("ascii", "replace").strip()
    spans = [span.split("-") for span in text.split(",") if span]
    cores = sum(int(span[-1]) - int(span[0]) + 1 for span in spans)
    if cores < 1:
        raise CannotTell(f"{CORES} does not tell how many cores there are")
    return cores


def _number(node: Node, path: str) -> int:
    text = node.read(path)
    if text is None:
        raise CannotTell(f"{path} is not there{node.why_missing('nf_conntrack')}")
    return int(text)


def _buckets(node: Node) -> str:
    return (node.read(BUCKETS) or b"?").decode("ascii", "replace").strip()
