"""The node's check beside `ipvsadm -Ln`, on tables of four sizes, in one guest."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from imagegen.boot.proof import local_cluster
from imagegen.common.assets import asset
from imagegen.common.progress import Silent
from imagegen.profile.load import load_profile
from tests.bench.ratios import Row, table
from tests.guests.harness import NodeClone, Recipe, Template, clone, frozen
from tests.guests.nodes import SETTLED, image_of

SIZES = (100, 1_000, 10_000, 50_000)
LISTED_UP_TO = 10_000  # more would keep ipvsadm busy for minutes a run
REAL_SERVERS = 10
RUNS, RUNS_OF_MINUTES = 5, 3  # odd, for the median is one of them
LOAD_SECONDS = 3600
CONFIG = "/etc/kubernetes/kube-proxy.yaml"
KEPT = "/run/imagegen/verdict.json"
VERDICT = "/run/bench-verdict.json"
EXPECTATIONS, COMPILED = "/usr/lib/imagegen/expectations.json", "/usr/lib/imagegen/check"
LISTING, FLOOR, BARE, CHECK = "ipvsadm -Ln", "cat /proc/net/ip_vs", "python3 -c pass", "ipvs-check"
COMMANDS = {
    LISTING: ("ipvsadm", "-Ln"),
    FLOOR: ("cat", "/proc/net/ip_vs"),
    BARE: ("python3", "-c", "pass"),
    CHECK: ("python3", "-I", "-S", "/usr/bin/ipvs-check", "run", "--no-wait",
            "--level", "table", "--output", VERDICT),
}
Measured = dict[str, tuple[float, float, float]]  # seconds, of which in user mode, MB

# Made in the guest, since megabytes take their time over a serial port. kube-proxy's set of service
# addresses and its device hold what its table does.
MAKE_TABLE = """
import ipaddress, sys
size, reals = int(sys.argv[1]), int(sys.argv[2])
first = ipaddress.ip_address("10.254.64.0")
files = [open(f"/run/{name}", "w") for name in ("table", "addresses", "entries")]
table, addresses, entries = files
for address in (first + number for number in range(size)):
    print(f"-A -t {address}:80 -s rr", file=table)
    for real in range(1, reals + 1):
        print(f"-a -t {address}:80 -r 172.30.1.{real}:8080 -m -w 1", file=table)
    print(f"address add {address}/32 dev kube-ipvs0", file=addresses)
    print(f"add KUBE-CLUSTER-IP {address},tcp:80", file=entries)
"""


def checks() -> str:
    """The whole check, Python's start and all its other facts included."""
    profile = load_profile(asset("profiles/quickstart.yaml"))
    with local_cluster(profile, Silent()) as identity:
        template = frozen(Recipe(image_of("quickstart"), identity, memory=3072, prepare=SETTLED))
        with clone(template) as node:
            parts = [_boot(node), _rules(node)]
        sizes = {size: _one_size(template, size) for size in SIZES}
    parts += [_side_by_side(size, found) for size, found in sizes.items()]
    return "\n".join([*parts, _growth(sizes), _memory(sizes)])


def _one_size(template: Template, size: int) -> Measured:
    with clone(template) as node:
        _leave_the_table_alone(node)
        _load(node, size)
        listed = size <= LISTED_UP_TO
        found = _in_turns(node, {name: argv for name, argv in COMMANDS.items()
                                 if listed or name != LISTING}, RUNS if listed else RUNS_OF_MINUTES)
        _really_read(node, size)
    return found


def _side_by_side(size: int, found: Measured) -> str:
    """The aims stand in the row of the check."""
    seconds = {name: each[0] for name, each in found.items()}
    check, aim = seconds[CHECK], ""
    if size == 100:
        aim = f"{check / seconds[BARE]:.2f} x python3 -c pass, aimed at 2"
    elif size == 10_000:
        aim = (f"{check / seconds[LISTING]:.2f} x ipvsadm -Ln, aimed at 0.4; "
               f"{check / seconds[FLOOR]:.2f} x cat, aimed at 3")
    return table(f"the check at {size:,} virtual servers x {REAL_SERVERS} real servers", [
        Row(name, each, aim if name == CHECK else "") for name, each in seconds.items()])


def _growth(sizes: dict[int, Measured]) -> str:
    """What each thousand of virtual servers above the smallest table costs; alike is linear.

    The kernel walks its table from the start for each page of /proc/net/ip_vs (ip_vs_info_array in
    net/netfilter/ipvs/ip_vs_ctl.c), so that reading it is not linear, whoever reads. A second table
    has what the check's own code takes, therefore.
    """
    return "\n".join(_for_each_thousand(sizes, title, column) for title, column in (
        ("seconds of the check for each 1,000 virtual servers more", 0),
        ("of which in the check's own code, not in the kernel", 1)))


def _for_each_thousand(sizes: dict[int, Measured], title: str, column: int) -> str:
    least = sizes[SIZES[0]][CHECK][column]
    return table(title, [
        Row(f"up to {size:,}", (sizes[size][CHECK][column] - least) * 1000 / (size - SIZES[0]),
            "1 is linear" if size == SIZES[-1] else "") for size in SIZES[1:]])


def _memory(sizes: dict[int, Measured]) -> str:
    rows = [f"| {size:,} | {found[CHECK][2]:.0f} | {'under 80' if size == 10_000 else ''} |"
            for size, found in sizes.items()]
    return "\n".join(["### the check's memory at its largest, MB", "",
                      "| virtual servers | MB | aim |", "|---:|---:|---|", *rows, ""])


def _boot(node: NodeClone) -> str:
    """Of the template's own first boot, in its cluster; the waiting for kube-proxy left out."""
    seconds = json.loads(node.read(KEPT))["seconds"]
    return table("the check in the node's first boot, level table", [
        Row("power-on to verdict", seconds["uptime"]),
        Row("of which the check, waiting left out", seconds["check"], "at most 0.03")])


def _rules(node: NodeClone) -> str:
    """Each rule's share, dearest first; kube-proxy answers, and its own table is small."""
    node.write("/run/rule_costs.py", Path(__file__).with_name("rule_costs.py").read_bytes())
    asked = ["python3", "-I", "-S", "/run/rule_costs.py", COMPILED, "table", EXPECTATIONS]
    node.run(asked, timeout=600)
    found = json.loads(node.run(asked, timeout=600).stdout)
    dear = sorted(found.items(), key=lambda item: -item[1][1])
    rows = [f"| {rule} | {count} | {1000 * seconds:.1f} |" for rule, (count, seconds) in dear]
    return "\n".join(["### what each rule costs, milliseconds in one process", "",
                      "| rule | facts | ms |", "|---|---:|---:|", *rows, ""])


def _leave_the_table_alone(node: NodeClone) -> None:
    """kube-proxy goes on running and answering, and syncs once in ten hours."""
    node.run(["sed", "-i", "s/^ipvs:/ipvs:\\n  syncPeriod: 10h0m0s/", CONFIG])
    node.run(["systemctl", "restart", "kube-proxy"])
    deadline = time.monotonic() + 120
    while "10.254.0.1:443" not in node.run(["ipvsadm", "-Ln"]).stdout:
        if time.monotonic() > deadline:
            raise TimeoutError("kube-proxy did not come back")
        time.sleep(2)
    time.sleep(10)


def _load(node: NodeClone, size: int) -> None:
    for argv in (["python3", "-I", "-c", MAKE_TABLE, str(size), str(REAL_SERVERS)],
                 ["sh", "-c", "ipvsadm -R </run/table"],
                 ["ip", "-batch", "/run/addresses"],
                 ["sh", "-c", "ipset -exist restore </run/entries"]):
        node.run(argv, timeout=LOAD_SECONDS)


def _in_turns(node: NodeClone, commands: dict[str, Sequence[str]], runs: int) -> Measured:
    """Timed inside the guest, so that the way to it does not count."""
    node.write("/run/turns.py", Path(__file__).with_name("turns.py").read_bytes())
    done = node.run(["python3", "-I", "/run/turns.py", json.dumps(commands), str(runs)],
                    timeout=LOAD_SECONDS)
    return {name: tuple(found) for name, found in json.loads(done.stdout).items()}


def _really_read(node: NodeClone, size: int) -> None:
    """A check that saw nothing would be fast, too."""
    seen = json.loads(node.read(VERDICT))["table"]
    if seen["virtualServers"] < size or seen["realServers"] < size * REAL_SERVERS:
        raise AssertionError(f"the check saw {seen['virtualServers']} virtual servers")
