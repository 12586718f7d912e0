"""`./dev wide [PART | all] [pytest's options]`: one part of what is too long for every run."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.evidence.store import VARIABLE
from tests.wide.parts import PARTS, Part, find_part, list_parts


def main(arguments: list[str]) -> int:
    """Run what is asked for; the worst exit code of its parts."""
    if not arguments:
        print(list_parts())  # noqa: T201  its purpose
        return 0
    name, *options = arguments
    found = find_part(name)
    if found is None and name != "all":
        print(f"there is no part {name}; the parts are:\n{list_parts()}",  # noqa: T201
              file=sys.stderr)
        return 2
    return max(run_part(part, options) for part in ([found] if found else PARTS))


def run_part(part: Part, options: list[str]) -> int:
    """One pytest of its own, so that a part of many has the same nodes as the part alone.

    It may write evidence into the checkout.
    """
    argv = [sys.executable, "-m", "pytest", "--durations", "10", *part.arguments, *options]
    return subprocess.run(argv, check=False, env={**os.environ, VARIABLE: "1"}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
