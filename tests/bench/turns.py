"""Commands in turns, each a whole process: seconds and memory; it runs in the guest.

The arguments are a JSON object of command lines by name, and how many rounds. Standard output: for
each name the medians of its seconds on the wall and of those in its own code, and its largest
memory in MB. A first round that is not counted fills the page cache. It runs on the guest's own
Python, 3.9 or newer.
"""

import json
import os
import sys
import time

QUIET = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]


def once(argv: list[str]) -> tuple[float, float, float]:
    """Seconds on the wall and in user mode, and the most memory at once.

    Of it and of the programs that it started; what the kernel does for them is not user mode.
    """
    began = time.perf_counter()
    child = os.posix_spawnp(argv[0], argv, os.environ, file_actions=QUIET)
    usage = os.wait4(child, 0)[2]
    return time.perf_counter() - began, usage.ru_utime, usage.ru_maxrss / 1024


def measured(commands: dict[str, list[str]],
             rounds: int) -> dict[str, tuple[float, float, float]]:
    """All take turns, so that what else the machine does falls on all of them."""
    turns = [{name: once(argv) for name, argv in commands.items()} for _ in range(rounds + 1)][1:]
    return {name: (sorted(turn[name][0] for turn in turns)[rounds // 2],
                   sorted(turn[name][1] for turn in turns)[rounds // 2],
                   max(turn[name][2] for turn in turns)) for name in commands}


if __name__ == "__main__":
    json.dump(measured(json.loads(sys.argv[1]), int(sys.argv[2])), sys.stdout)
