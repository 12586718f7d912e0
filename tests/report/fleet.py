"""Verdicts to look at and to measure with: the facts of quickstart, as nodes say them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from imagegen.node.expectations import Expectations, expectations
from imagegen.node.model import UNKNOWN as CANNOT
from imagegen.node.model import Fact, Outcome, finding, ok, red, warning
from imagegen.node.verdict import assembled
from imagegen.profile.load import load_profile
from imagegen.render.node import EXPECTATIONS
from imagegen.render.render import render
from tests.verbs import PROFILES

TIME = 1_760_000_000
KERNEL, OLD_KERNEL = "6.1.0-26-amd64", "6.1.0-18-amd64"
FAULTS = {
    "sysctl.net.ipv4.ip_forward": red("1", "0, set by /etc/sysctl.d/99-hardening.conf",
                                      "take it out of that file, then `sysctl -w "
                                      "net.ipv4.ip_forward=1`"),
    "ipvs.scheduler": red("rr", "wlc at TCP 10.96.0.10:53", "kube-proxy fell back: see its log"),
    "module.ip_vs_rr": Outcome(CANNOT, "loaded or built in", "/proc/modules: permission denied"),
    "ipvs.device": warning("as many addresses as virtual servers", "2 addresses more than in the "
                          "table: 10.96.7.7, 10.96.7.8"),
}


@cache
def promised() -> Expectations:
    """What a node of profiles/quickstart.yaml is held against."""
    tree = render(load_profile(PROFILES / "quickstart.yaml")).node.files
    return expectations(tree[EXPECTATIONS].data, "expectations.json")


def facts(level: str = "table") -> list[Fact]:
    """The facts of a level."""
    return [fact for fact in promised().facts if level in fact.levels]


def verdict(number: int = 1, faults: tuple[int, ...] = (), services: int = 20,
            kernel: str = KERNEL, more: int = 0) -> dict[str, Any]:
    """The verdict of node `number`; faults by their place in FAULTS, `more` facts beyond the real.
    """
    chosen = [list(FAULTS.items())[place] for place in faults]
    wrong = {_fact_like(name): outcome for name, outcome in chosen}
    findings = [finding(fact, wrong.get(fact.id) or _good(fact)) for fact in facts()]
    findings += [{**findings[place % 40], "id": f"sysctl.more.{place}"} for place in range(more)]
    waited = round(4 + number % 7 * 0.9, 2)
    made = assembled("table", promised().profile, promised().digest, findings, _who(number, kernel),
                     {"uptime": round(38 + number % 9 * 1.7, 2), "waited": waited, "check": 0.412},
                     [f"ipvs.api-service {waited} s: no virtual server TCP 10.96.0.1:443",
                      "kube-proxy.synced 1.3 s: kube-proxy has not synced yet"],
                     _table(number, services))
    return {**made, "time": TIME + number, "started": [
        {"unit": "kube-proxy.service", "seconds": 24.1 + number % 5},
        {"unit": "imagegen-check.service", "seconds": 31.02}]}


def _fact_like(name: str) -> str:
    """The fact of this id, or the one nearest to it."""
    ids = [fact.id for fact in facts()]
    return name if name in ids else next((one for one in ids if name in one), ids[len(name) % 9])


def _good(fact: Fact) -> Outcome:
    said = str(fact.expect.get("value", fact.expect.get("name", "as promised")))
    return ok(said, said)


def _who(number: int, kernel: str) -> dict[str, Any]:
    key = hashlib.sha256(str(number).encode()).hexdigest()
    return {"hostname": f"node-{number:04}", "machineId": key[:32], "kernel": kernel,
            "bootId": f"{key[:8]}-{key[8:12]}-4{key[13:16]}-8{key[17:20]}-{key[20:32]}",
            "addresses": [f"10.0.{number >> 8 & 255}.{number & 255}/16"],
            "sshHostKeys": [f"SHA256:{key[:43]}"], "instanceId": f"iid-{key[:12]}"}


def _table(number: int, services: int) -> dict[str, Any]:
    lines = []
    for service in range(services):
        address = f"10.96.{service >> 8}.{service & 255 or 1}:{(443, 53, 80)[service % 3]}"
        lines.append(f"{'UDP' if service % 3 == 1 else 'TCP'} {address} rr")
        lines += [f"  -> 10.244.{service % 16}.{real + 2}:{(6443, 53, 8080)[service % 3]} Masq 1 "
                  f"{(number * 7 + service + real) % 40} {(number + service * real) % 90}"
                  for real in range(3)]
    return {"virtualServers": services, "realServers": services * 3, "text": lines[:500]}


def fleet(count: int, services: int = 20, more: int = 0) -> list[dict[str, Any]]:
    """So many nodes: three in twenty are red, some have an older kernel."""
    return [verdict(number, _faults_of(number), services,
                    OLD_KERNEL if number % 17 == 3 else KERNEL, more)
            for number in range(1, count + 1)]


def _faults_of(number: int) -> tuple[int, ...]:
    return {5: (0,), 11: (3,), 13: (0, 1), 18: (2,)}.get(number % 20, ())


def written(folder: Path, verdicts: list[dict[str, Any]]) -> Path:
    """A folder with a file for each."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, one in enumerate(verdicts):
        name = one["node"].get("hostname") or place
        (folder / f"{name}.json").write_text(json.dumps(one) + "\n")
    return folder
