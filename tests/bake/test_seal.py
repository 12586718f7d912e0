"""H12's kind: what a package makes one node's own when it is installed does not stay in an image.

Reports of the kind: gardenlinux 3188; agama 2606; rancher os 2446; delphix-platform 259; open-iscsi
10, 378.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.verbs import ROOT

NAME = "etc/iscsi/initiatorname.iscsi"


def sealed(root: Path, files: dict[str, str]) -> dict[str, str]:
    """The seal's lines about /etc/nvme and /etc/iscsi, run on a folder in the place of /."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    lines = (ROOT / "packer/qemu/seal.sh").read_text().split("\n")
    start = next(i for i, line in enumerate(lines) if "/etc/nvme/" in line)
    block = "\n".join(lines[start:lines.index("fi", start) + 1])
    for folder in ("/etc/", "/lib/"):
        block = block.replace(folder, f"{root}{folder}")
    subprocess.run(["sh", "-euc", block], check=True)
    return {str(path.relative_to(root)): path.read_text()
            for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("files", "left"), [
    ({}, {}),
    ({NAME: "InitiatorName=iqn.1993-08.org.debian:01:abc\n", "etc/nvme/hostnqn": "nqn\n",
      "etc/nvme/hostid": "id\n"}, {}),
    ({NAME: "InitiatorName=iqn.1993-08.org.debian:01:abc\n",
      "lib/open-iscsi/startup-checks.sh": "x"},
     {NAME: "GenerateName=yes\n", "lib/open-iscsi/startup-checks.sh": "x"})])
def test_h12_no_two_nodes_say_that_they_are_one(files: dict[str, str], left: dict[str, str],
                                               tmp_path: Path) -> None:
    assert sealed(tmp_path, files) == left
