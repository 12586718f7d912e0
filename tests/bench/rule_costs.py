"""What each rule of the check costs, in one process as the check asks them; it runs in the guest.

The arguments are the check's compiled form, the level and the expectations. Standard output: by
rule the number of its facts and the seconds of all of them, and what comes before and after. What
several rules share is paid by the first that asks.
"""

import json
import sys
import time
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
BEGAN = time.perf_counter()
from ipvs_check import cli  # type: ignore[import-not-found] # noqa: E402

IMPORTED = time.perf_counter()


def costs(level: str, path: str) -> dict[str, tuple[int, float]]:
    """In the check's order: what settles, the rest, and last what is dear."""
    from ipvs_check.host import Host
    from ipvs_check.identity import identity
    from ipvs_check.judge import judged
    from ipvs_check.state import Node

    began, found = time.perf_counter(), {"(imports)": (1, IMPORTED - BEGAN)}
    told = cli._expectations(path)
    node = Node("", Host(), level, told, cli._settings(None, cli.SETTINGS))
    found["(expectations)"] = (1, time.perf_counter() - began)
    for fact in sorted((fact for fact in told.facts if level in fact.levels), key=turn):
        began = time.perf_counter()
        judged(fact, node)
        count, seconds = found.get(fact.rule, (0, 0.0))
        found[fact.rule] = (count + 1, seconds + time.perf_counter() - began)
    began = time.perf_counter()
    identity(node)
    found["(identity)"] = (1, time.perf_counter() - began)
    return found


def turn(fact: Any) -> tuple[bool, bool]:
    """When the check asks it."""
    from ipvs_check.rules import RULES

    rule = RULES.get(fact.rule)
    return not (rule and rule.settles), bool(rule and rule.last)


if __name__ == "__main__":
    json.dump(costs(sys.argv[2], sys.argv[3]), sys.stdout)
