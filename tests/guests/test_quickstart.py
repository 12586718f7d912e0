"""`./dev quickstart`'s own commands, one after the other, as the script has them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guests.nodes import images
from tests.verbs import ROOT

pytestmark = pytest.mark.guest
COMMAND = re.compile(r"^  \.venv/bin/imagegen (.*?)(?: &)?$", re.M)


def commands() -> list[str]:
    """The lines of the function `quickstart` in ./dev that run imagegen."""
    function = re.search(r"^quickstart\(\) \{\n(.*?)^\}", (ROOT / "dev").read_text(), re.S | re.M)
    assert function
    return COMMAND.findall(function[1])


def said(command: str, image: Path) -> str:
    """What the command prints; its image comes from, and goes to, the folder of this session."""
    words = [{"out/images": str(image.parent), "$(newest_image)": str(image)}.get(word, word)
             for word in shlex.split(command)]
    done = subprocess.run([sys.executable, "-m", "imagegen", *words], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_quickstarts_commands_end_in_a_green_table(quickstart_image: Path) -> None:
    bring, build, verify = commands()
    assert [line.split()[0] for line in (bring, build, verify)] == [
        "kubernetes", "build", "verify"]
    assert images() == quickstart_image.parent
    programs = said(bring, quickstart_image).splitlines()
    assert [Path(line).name for line in programs] == ["kube-proxy", "kube-apiserver"]
    assert said(build, quickstart_image).startswith(f"{quickstart_image}  ")
    table = said(verify, quickstart_image)
    assert "10.254.0.1:443" in table
    assert "GREEN  level table" in table
