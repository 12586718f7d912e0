"""The script that runs the profile's own, run by the real sh."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from imagegen.render.render import render
from tests.profiles import changed, parsed


def ran(when: str, hooks: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """`run-hooks WHEN` on the hooks of a profile, laid down under a folder."""
    asked = {when: [{"name": name, "script": script} for name, script in hooks.items()]}
    node = render(parsed(changed({"os.hooks": asked}))).node
    for path, file in node.files.items():
        if path.startswith("usr/lib/imagegen/hooks/"):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.data)
            place.chmod(file.mode)
    runner = node.files["usr/lib/imagegen/run-hooks"].data.replace(b"/usr/lib", bytes(
        folder / "usr/lib"))
    return subprocess.run(["sh", "-s", when], input=runner.decode(), text=True, check=False,
                          capture_output=True, timeout=60)


@pytest.mark.parametrize("when", ["before", "after"])
def test_they_run_in_the_profiles_order(when: str, tmp_path: Path) -> None:
    note = f'basename "$0" >>{tmp_path}/seen; pwd >>{tmp_path}/seen'
    done = ran(when, {"second": note, "first": f"#!/bin/bash\n[[ 1 ]] && {note}\n"}, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "seen").read_text() == "000-second\n/\n001-first\n/\n"
    assert done.stdout == "imagegen: the hook second\nimagegen: the hook first\n"


def test_a_failure_stops_the_build_and_says_in_which(tmp_path: Path) -> None:
    done = ran("after", {"good": "true", "b-ad": "exit 3", "never": f"touch {tmp_path}/x"},
               tmp_path)
    assert done.returncode == 1
    assert done.stderr == "imagegen: the hook b-ad (os.hooks.after) failed with exit code 3\n"
    assert not (tmp_path / "x").exists()


def test_a_script_without_a_first_line_stops_at_its_first_failure(tmp_path: Path) -> None:
    done = ran("before", {"x": f"false\ntouch {tmp_path}/x"}, tmp_path)
    assert (done.returncode, (tmp_path / "x").exists()) == (1, False)
