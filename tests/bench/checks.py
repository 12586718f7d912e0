"""The node's check beside `ipvsadm -Ln`, on tables of three sizes, in one guest."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from imagegen.boot.proof import local_cluster
from imagegen.common.assets import asset
from imagegen.common.progress import Silent
from imagegen.profile.load import load_profile
from tests.bench.ratios import Row, table
from tests.guests.harness import NodeClone, Recipe, clone, frozen
from tests.guests.nodes import SETTLED, image_of

SIZES = (10, 1_000, 10_000)
REAL_SERVERS = 10
RUNS = 5
CONFIG = "/etc/kubernetes/kube-proxy.yaml"
CHECK = ("python3", "-I", "-S", "/usr/lib/imagegen/ipvs-check.pyz", "run", "--no-wait",
         "--level", "table", "--output", "/run/bench-verdict.json")

# Made in the guest, since megabytes take their time over a serial port.
MAKE_TABLE = """
import ipaddress, sys
size, reals = int(sys.argv[1]), int(sys.argv[2])
first = ipaddress.ip_address("10.254.64.0")
with open("/run/table", "w") as table, open("/run/addresses", "w") as addresses:
    for address in (first + number for number in range(size)):
        print(f"-A -t {address}:80 -s rr", file=table)
        for real in range(1, reals + 1):
            print(f"-a -t {address}:80 -r 172.30.1.{real}:8080 -m -w 1", file=table)
        print(f"address add {address}/32 dev kube-ipvs0", file=addresses)
"""


def checks() -> str:
    """The whole check, Python's start and all its other facts included."""
    profile = load_profile(asset("profiles/quickstart.yaml"))
    with local_cluster(profile, Silent()) as identity:
        template = frozen(Recipe(image_of("quickstart"), identity, memory=2048, prepare=SETTLED))
        return "\n".join(_one_size(template, size) for size in SIZES)


def _one_size(template: object, size: int) -> str:
    with clone(template) as node:  # type: ignore[arg-type]
        _leave_the_table_alone(node)
        _load(node, size)
        listed = _seconds(node, ("sh", "-c", "ipvsadm -Ln >/dev/null"))
        floor = _seconds(node, ("sh", "-c", "cat /proc/net/ip_vs >/dev/null"))
        bare = _seconds(node, ("python3", "-I", "-c", "pass"))
        check = _seconds(node, CHECK)
        _really_read(node, size)
    return table(f"the check at {size:,} virtual servers x {REAL_SERVERS} real servers", [
        Row("ipvsadm -Ln", listed), Row("cat /proc/net/ip_vs", floor),
        Row("python3 -c pass", bare),
        Row("ipvs-check, table level", check, "at most 0.4 at 10,000" if size >= 10_000 else ""),
    ])


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
    node.run(["python3", "-I", "-c", MAKE_TABLE, str(size), str(REAL_SERVERS)], timeout=600)
    node.run(["sh", "-c", "ipvsadm -R </run/table"], timeout=600)
    node.run(["ip", "-batch", "/run/addresses"], timeout=600)


def _seconds(node: NodeClone, argv: Sequence[str]) -> float:
    """Timed inside the guest, so that the way to it does not count."""
    script = ("import json, subprocess, sys, time\n"
              "argv, runs = json.loads(sys.argv[1]), int(sys.argv[2])\n"
              "def once():\n"
              "    began = time.perf_counter()\n"
              "    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
              "    return time.perf_counter() - began\n"
              "once()\n"
              "print(sorted(once() for _ in range(runs))[runs // 2])\n")
    argv_json = json.dumps(list(argv))
    done = node.run(["python3", "-I", "-c", script, argv_json, str(RUNS)], timeout=900)
    return float(done.stdout)


def _really_read(node: NodeClone, size: int) -> None:
    """A check that saw nothing would be fast, too."""
    seen = json.loads(node.read("/run/bench-verdict.json"))["table"]
    if seen["virtualServers"] < size or seen["realServers"] < size * REAL_SERVERS:
        raise AssertionError(f"the check saw {seen['virtualServers']} virtual servers")
