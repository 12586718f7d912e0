"""Both ways to ask systemd, on a node: where they differ, as JSON; it runs in the guest.

The argument is the check's compiled form. Asked are all units that systemd has loaded, and some
that are masked or not there.
"""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from ipvs_check.host import Host  # type: ignore[import-not-found]
from ipvs_check.systemd import shown  # type: ignore[import-not-found]
from ipvs_check.units import Unit, _by_program  # type: ignore[import-not-found]

# of what does not run it is of no interest, and only `show` makes it up
SILENT = ("condition", "result")


class Node:
    """As far as `_by_program` asks."""

    host = Host()


def told(unit: Unit) -> dict[str, object]:
    """What the rules read of a unit."""
    left_out = SILENT if unit.load != "loaded" else ()
    return {name: getattr(unit, name) for name in Unit.__slots__ if name not in left_out}


def main() -> None:
    """Units that change between the two questions are asked again."""
    said = subprocess.run(["systemctl", "list-units", "--all", "--plain", "--no-legend"],
                          check=True, capture_output=True, text=True).stdout
    names = [line.split()[0] for line in said.splitlines()]
    masked = [path.name for path in Path("/etc/systemd/system").iterdir()
              if path.resolve() == Path("/dev/null")]
    names = sorted({*names, *masked, "not-there.service", "getty@tty9.service"})
    differ = {}
    for name in names:
        for _ in range(3):
            both = [told(Unit(each[0])) for each in (shown([name]), _by_program(Node, [name]))]
            if both[0] == both[1]:
                break
        else:
            differ[name] = both
    loads = sorted({Unit(one).load for one in shown(names)})
    json.dump({"count": len(names), "loads": loads, "differ": differ}, sys.stdout)


if __name__ == "__main__":
    main()
