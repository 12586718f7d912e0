"""Check and render of many profiles: in one process, and by a process each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from imagegen.common.assets import asset
from tests.bench.ratios import Row, median_of, process, seconds_of, table

COUNT = 500
# every profile's own description, range and file, so that no two renders are the same
_ONE_PROCESS = """
import sys
from pathlib import Path
from imagegen.profile.load import load_profile
from imagegen.render.render import render
names = set()
for path in sorted(Path(sys.argv[1]).glob("*.yaml")):
    rendering = render(load_profile(path))
    names.add(rendering.image_name)
    if sys.argv[2]:
        rendering.tree.write(Path(sys.argv[2], path.stem))
assert len(names) == int(sys.argv[3]), len(names)
"""


def profiles() -> str:
    """Seconds are a profile's; the last column's aim is the issue's."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "profiles")
        made.mkdir()
        paths = list(_written(made))
        return table(f"check and render of {COUNT} profiles, seconds a profile", [
            Row("python -c pass", median_of(15, process([sys.executable, "-c", "pass"]))),
            Row("in one process, to memory", _one_process(made) / COUNT, "at most 0.010"),
            Row("in one process, written", _one_process(made, f"{folder}/out") / COUNT),
            Row(f"by {COUNT} processes, written", _by_processes(paths, folder) / COUNT),
        ])


def _written(folder: Path) -> Iterator[Path]:
    text = asset("profiles/quickstart.yaml").read_text()
    for number in range(COUNT):
        own = text.replace("name: quickstart", f"name: bench-{number}").replace(
            "10.254.0.0/16", f"10.{number % 200}.0.0/16")
        path = folder / f"{number:03}.yaml"
        path.write_text(f"{own}\nos:\n  files:\n    - path: /etc/bench\n"
                        f"      content: \"{'number ' * 50}{number}\"\n")
        yield path


def _one_process(folder: Path, out: str = "") -> float:
    """The whole process, its start and its imports included."""
    return seconds_of(process([sys.executable, "-c", _ONE_PROCESS, str(folder), out, str(COUNT)]))


def _by_processes(paths: list[Path], folder: str) -> float:
    def work() -> None:
        for path in paths:
            subprocess.run([sys.executable, "-m", "imagegen", "render", str(path), "-o",
                            f"{folder}/own/{path.stem}"], check=True, stdout=subprocess.DEVNULL)
    Path(folder, "own").mkdir()
    return seconds_of(work)
