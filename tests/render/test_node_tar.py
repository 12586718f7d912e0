"""node.tar as the real tar lays it down, with the very options of the build and the first boot."""

from __future__ import annotations

import io
import re
import shlex
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from imagegen.common.assets import asset
from imagegen.render.render import render
from tests.profiles import changed, parsed, rendered

SCRIPTS = ("packer/qemu/steps/20-node.sh", "templates/cloud-init/first-boot.sh")
KEY = "/etc/ssl/private/node.key"


def options(script: str) -> list[str]:
    """What the script gives to tar, but the archive and the place."""
    text = asset(script).read_text().replace("\\\n", " ")
    found = re.search(r"^ *tar -xz?f \S+ -C / (.*?)(?: \"\$@\")?$", text, re.M)
    assert found, script
    return shlex.split(found[1])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root file system with a folder that nobody may enter, and Debian's merged /lib."""
    (tmp_path / "etc/ssl/private").mkdir(parents=True)
    (tmp_path / "etc/ssl/private").chmod(0o710)
    (tmp_path / "usr/lib/systemd").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    return tmp_path


@pytest.mark.parametrize("script", SCRIPTS)
def test_lays_down_files_and_leaves_folders_as_they_are(script: str, root: Path) -> None:
    files = [{"path": KEY, "content": "secret\n", "mode": "0600"},
             {"path": "/lib/own/file", "content": "hello\n"}]
    tar = render(parsed(changed({"os.files": files}))).tree.files["packer/node.tar"].data
    subprocess.run(["tar", "-x", "-C", str(root), *options(script)], input=tar, check=True)
    key = root / KEY.lstrip("/")
    assert (key.read_text(), stat.S_IMODE(key.stat().st_mode)) == ("secret\n", 0o600)
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o710
    assert (root / "lib").is_symlink()
    assert (root / "usr/lib/own/file").read_text() == "hello\n"


@pytest.mark.parametrize("name", ["quickstart", "recipe"])
def test_the_tar_is_the_node_folder(name: str) -> None:
    files = rendered(name).tree.files
    with tarfile.open(fileobj=io.BytesIO(files["packer/node.tar"].data)) as tar:
        for member in tar:
            assert (member.uid, member.gid, member.uname, member.mtime) == (0, 0, "root", 0)
            if member.isdir():
                continue
            file = files[f"node/{member.name}"]
            if member.issym():
                assert member.linkname == file.link
            else:
                data = tar.extractfile(member)
                assert data is not None
                assert (data.read(), member.mode) == (file.data, file.mode)
        names = {member.name for member in tar if not member.isdir()}
    assert names == {path.removeprefix("node/") for path in files if path.startswith("node/")}
