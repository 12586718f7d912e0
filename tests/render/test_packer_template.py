"""The real Packer judges the rendered folder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from imagegen.bake.packer import packer_program
from imagegen.common.run import Done, environment, run
from imagegen.render.render import render
from tests.profiles import GOOD, changed, parsed, rendered
from tests.render.packer_folder import QUIET, with_inputs

BREAKS = {
    "unknown-key": ('"disk_compression"', '"disk_compressed"', "disk_compressed"),
    "unset-variable": ('"cpus": {"type"', '"cpu": {"type"', "cpu"),
    "wrong-value": ('"headless": true', '"headless": "perhaps"', "headless"),
    "lost-script": ("steps/30-prepare.sh", "steps/30-repair.sh", "30-repair.sh"),
    "not-json": ('"variable": {', '"variable": {{', ""),
}


@pytest.fixture(params=GOOD)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A rendered packer/, ready to be judged."""
    return with_inputs(rendered(request.param), tmp_path)


def validate(folder: Path) -> Done:
    return run([packer_program(), "validate", "."], cwd=folder, env=QUIET, check=False, timeout=120)


def test_packer_takes_it(folder: Path) -> None:
    done = validate(folder)
    assert (done.code, done.output) == (0, "")


@pytest.mark.parametrize("name", BREAKS)
def test_packer_sees_what_is_broken(name: str, folder: Path) -> None:
    old, new, words = BREAKS[name]
    template = folder / "node.pkr.json"
    text = template.read_text()
    assert old in text
    template.write_text(text.replace(old, new))
    done = validate(folder)
    assert done.code != 0
    assert words in done.output


def test_packer_misses_what_is_not_there(folder: Path) -> None:
    (folder / "inputs/user-data").unlink()
    assert "no such file" in validate(folder).output


def console(folder: Path, expression: str) -> object:
    """What `packer console` makes of an expression, as the build would."""
    done = subprocess.run([packer_program(), "console", "."], cwd=folder, check=True, timeout=60,
                          input=f"jsonencode({expression})".encode(), env=environment(QUIET),
                          capture_output=True)
    return json.loads(done.stdout)


def test_packer_sees_every_value_as_it_was_written(folder: Path) -> None:
    values = json.loads((folder / "node.auto.pkrvars.json").read_text())
    seen = console(folder, f"[{', '.join(f'var.{name}' for name in values)}]")
    assert seen == list(values.values())


@pytest.mark.parametrize("url", ["https://example.org/a%20b/base.qcow2?x=$HOME&y=%25n",
                                 "https://example.org/$(id);*!(x)~_-+=@:,[]"])
def test_packer_sees_an_odd_url_as_it_was_written(url: str, tmp_path: Path) -> None:
    sha256 = "ab" * 32
    profile = parsed(changed({"image.base": {"from": "url", "url": url, "sha256": sha256}}))
    render(profile).tree.write(tmp_path / "tree")
    assert console(tmp_path / "tree/packer", "[var.base_image, var.base_checksum]") == [
        url, f"sha256:{sha256}"]


def test_steps_and_seal_are_clean_shell() -> None:
    files = rendered("quickstart").tree.files
    scripts = {path: file for path, file in files.items() if path.endswith(".sh")}
    assert len(scripts) == 9
    for path, file in scripts.items():
        assert file.mode == 0o755, path
        done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=file.data, check=False,
                              capture_output=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, b""), path


def test_the_readme_names_the_command_for_kvm_before_the_inputs() -> None:
    """`packer build .` emulates the guest: a reader who has KVM must not miss it."""
    files = rendered("quickstart").tree.files
    assert json.loads(files["packer/node.auto.pkrvars.json"].data)["accelerator"] == "tcg"
    text = " ".join(files["packer/README.md"].data.decode().split())
    assert 0 < text.index("packer build -var accelerator=kvm .") < text.index("Before it, once")
