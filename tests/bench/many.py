"""Check and render of many profiles: in one process, and by a process each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from imagegen.common.assets import asset
from tests.bench.ratios import Row, best_of, process, seconds_of, table
from tests.verbs import ROOT

COUNT = 500
ROUNDS = 5
IMAGEGEN = (sys.executable, "-m", "imagegen")
QUICKSTART = str(asset("profiles/quickstart.yaml"))
# two to start from in turn, and every tenth the fullest node that the tests boot
KINDS = ("quickstart", "recipe") * 4 + ("quickstart", "full-node")
PLACES = {"quickstart": Path(QUICKSTART), "recipe": asset("profiles/recipe.yaml"),
          "full-node": ROOT / "tests/guests/full-node.yaml"}
_ONE_PROCESS = """
import gc, sys
from pathlib import Path
gc.set_threshold(50_000)  # as the command does
from imagegen.profile.check import check_file
from imagegen.render.render import render
names = set()
for path in sorted(Path(sys.argv[1]).glob("*.yaml")):
    rendering = render(check_file(path).sound())
    names.add(rendering.image_name)
    if sys.argv[2]:
        rendering.tree.write(Path(sys.argv[2], path.stem))
assert len(names) == int(sys.argv[3]), len(names)
"""


def many() -> str:
    """What a command costs before it works, and then what each of many profiles does."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "profiles")
        made.mkdir()
        paths = list(_written(made))
        return f"{_start_up(folder)}\n{_many(made, paths, folder)}"


def _start_up(folder: str) -> str:
    """All rounds take turns, so that what else the machine does falls on all of them."""
    commands = {
        ("python -c pass", ""): [sys.executable, "-c", "pass"],
        ("imagegen --help", "at most 3 x"): [*IMAGEGEN, "--help"],
        ("imagegen explain scheduler", ""): [*IMAGEGEN, "explain", "scheduler"],
        ("imagegen check", ""): [*IMAGEGEN, "check", QUICKSTART],
        ("imagegen render", "under 0.25 s"): [*IMAGEGEN, "render", QUICKSTART, "-o",
                                              f"{folder}/one"],
    }
    seconds = best_of(3 * ROUNDS, [process(argv) for argv in commands.values()])
    return table(f"a cold command, best of {3 * ROUNDS} (whole processes)", [
        Row(name, each, aim) for (name, aim), each in zip(commands, seconds, strict=True)])


def _many(made: Path, paths: list[Path], folder: str) -> str:
    memory, written = best_of(ROUNDS, [_one_process(made), _one_process(made, f"{folder}/out")])
    processes = seconds_of(_by_processes(paths, folder))  # so many that one round is enough
    return table(f"check and render of {COUNT} profiles, seconds a profile", [
        Row(f"in one process, to memory (best of {ROUNDS})", memory / COUNT, "at most 0.010"),
        Row(f"in one process, written (best of {ROUNDS})", written / COUNT),
        Row(f"by {COUNT} processes, written", processes / COUNT),
    ])


def _written(folder: Path) -> Iterator[Path]:
    """Each with a name, a range and a file of its own, so that no two renders are the same."""
    for number in range(COUNT):
        kind = KINDS[number % len(KINDS)]
        text = PLACES[kind].read_text().replace(f"name: {kind}", f"name: bench-{number}", 1)
        path = folder / f"{number:03}.yaml"
        path.write_text(_with_a_file(text, f"{'number ' * 50}{number}"))
        yield path


def _with_a_file(text: str, content: str) -> str:
    own = f'    - path: /etc/bench\n      content: "{content}"\n'
    for place in ("\n  files:\n", "\nos:\n"):
        if place in text:
            more = place if "files" in place else f"{place}  files:\n"
            return text.replace(place, f"{more}{own}", 1)
    return f"{text}\nos:\n  files:\n{own}"


def _one_process(folder: Path, out: str = "") -> Callable[[], object]:
    """The whole process, its start and its imports included."""
    return process([sys.executable, "-c", _ONE_PROCESS, str(folder), out, str(COUNT)])


def _by_processes(paths: list[Path], folder: str) -> Callable[[], object]:
    def work() -> None:
        for path in paths:
            subprocess.run([*IMAGEGEN, "render", str(path), "-o", f"{folder}/own/{path.stem}"],
                           check=True, stdout=subprocess.DEVNULL)
    Path(folder, "own").mkdir()
    return work
