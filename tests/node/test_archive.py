"""The check as one file: the same bytes each time, and whole on a bare Python."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from imagegen import __version__
from imagegen.common.errors import ToolError
from imagegen.node.bootstrap import ARCHIVE, DIGEST, HEAD
from imagegen.plan.node import starter
from imagegen.render import archive
from imagegen.render.archive import SHEBANG, check_archive
from tests.node.fake import KERNEL
from tests.node.verdicts import validated

# past the cache, for what changes within one process
packed_anew = check_archive.__wrapped__

EXPECTATIONS = {
    "format": 1, "profile": "quickstart", "digest": "abc", "timeoutSeconds": 5,
    "facts": [
        {"id": "module.ip_vs", "rule": "module", "levels": ["bake", "kernel", "table"],
         "expect": {"name": "ip_vs"}},
        {"id": "ipvs.probe", "rule": "probe", "levels": ["kernel"], "expect": {"scheduler": "rr"}},
    ],
}


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "lib" / "ipvs-check.pyz"
    path.parent.mkdir()
    path.write_bytes(check_archive())
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    for path, text in {
        "usr/lib/imagegen/expectations.json": json.dumps(EXPECTATIONS),
        f"boot/vmlinuz-{KERNEL}": "", f"lib/modules/{KERNEL}/kernel/ip_vs.ko.xz": "",
        f"lib/modules/{KERNEL}/modules.dep": "kernel/ip_vs.ko.xz:\n",
    }.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text)
    return made


@pytest.fixture
def start(packed: Path, tmp_path: Path) -> Path:
    """A node's /usr/bin/ipvs-check, of this archive."""
    text = starter(sys.executable).replace(ARCHIVE.encode(), str(packed).encode())
    path = tmp_path / "bin" / "ipvs-check"
    path.parent.mkdir()
    path.write_bytes(text)
    path.chmod(0o755)
    return path


def started(packed: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-I", "-S", str(packed), *words], capture_output=True,
                          check=False, env={}, cwd="/", timeout=60)


def judged(packed: Path, root: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = started(packed, "run", "--root", str(root), "--json", *words)
    assert b"Traceback" not in done.stderr
    return done.returncode, validated(json.loads(done.stdout))


def test_the_same_bytes_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = check_archive()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    second = check_archive()
    os.umask(before)
    assert first == second
    digest = zipfile.ZipFile(io.BytesIO(first)).read("digest")
    assert first.startswith(b"#!/usr/bin/env python3\n#" + digest + b"\n")
    assert (len(SHEBANG), len(digest) + 1) == (HEAD, DIGEST)


def test_other_sources_are_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def digest() -> bytes:
        return zipfile.ZipFile(io.BytesIO(packed_anew())).read("digest")

    first = digest()
    for path in archive.NODE.rglob("*.py"):
        copy = tmp_path / path.relative_to(archive.NODE)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(archive, "NODE", tmp_path)
    assert digest() == first
    with (tmp_path / "wait.py").open("a") as file:
        file.write("# changed\n")
    assert digest() != first


def test_every_source_and_the_licence_are_in_it() -> None:
    names = set(zipfile.ZipFile(io.BytesIO(check_archive())).namelist())
    for path in archive.NODE.rglob("*.py"):
        name = f"ipvs_check/{path.relative_to(archive.NODE)}"
        assert (name in names) != (path.name in ("__main__.py", "bootstrap.py"))
    assert "vendor/pyroute2/LICENSE.Apache-2.0" in names
    assert {"__main__.py", "digest", "ipvs_check/rules/table.py"} <= names


def test_another_pyroute2_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PYROUTE2", "0.9.4")
    with pytest.raises(ToolError, match=r"not 0\.9\.4"):
        packed_anew()
    monkeypatch.setattr(archive.PathFinder, "find_spec", lambda name: None)
    with pytest.raises(ToolError, match="not installed"):
        packed_anew()


def test_the_vendored_part_is_just_what_is_loaded(packed: Path) -> None:
    """Loaded by a Python that has no other pyroute2."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from ipvs_check.netlink import load; load();"
        "import pyroute2.netlink.exceptions;"
        "print('\\n'.join(m.__file__ for n, m in sys.modules.items() if n.startswith('pyroute2.')))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script, str(packed)], check=True,
                          capture_output=True, text=True)
    start = f"{packed}/vendor/pyroute2/"
    loaded = {line[len(start):] for line in done.stdout.split()}
    assert all(line.startswith(start) for line in done.stdout.split())
    assert loaded == set(archive.VENDORED)


def test_bake_level_on_a_fake_root(packed: Path, root: Path) -> None:
    code, verdict = judged(packed, root, "--level", "bake")
    assert (code, verdict["verdict"], verdict["level"]) == (0, "green", "bake")
    assert verdict["checkVersion"] == __version__
    assert [one["id"] for one in verdict["findings"]] == ["module.ip_vs"]
    assert json.loads((root / "run/imagegen/verdict.json").read_bytes()) == verdict


def test_red_is_1(packed: Path, root: Path) -> None:
    (root / f"lib/modules/{KERNEL}/modules.dep").write_text("")
    code, verdict = judged(packed, root, "--level", "bake")
    assert (code, verdict["verdict"]) == (1, "red")
    printed = started(packed, "run", "--root", str(root), "--level=bake").stdout.decode()
    assert "missing for" in printed
    assert printed.startswith("RED  level bake")


def test_unknown_is_1_too(packed: Path, root: Path) -> None:
    code, verdict = judged(packed, root, "--level", "kernel")
    assert code == 1
    assert verdict["counts"]["unknown"] == 1


@pytest.mark.parametrize(("file", "text", "sentence"), [
    ("usr/lib/imagegen/expectations.json", None, "cannot be read: No such file"),
    ("usr/lib/imagegen/expectations.json", "{", "is not JSON"),
    ("etc/imagegen/node.json", '{"level": "moon"}', "must be one of bake, kernel, table"),
])
def test_wrong_input_is_2_and_still_a_verdict(
    packed: Path, root: Path, file: str, text: str | None, sentence: str
) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).unlink(missing_ok=True)
    if text is not None:
        (root / file).write_text(text)
    code, verdict = judged(packed, root)
    assert (code, verdict["verdict"]) == (2, "red")
    assert sentence in verdict["findings"][0]["saw"]
    assert json.loads((root / "run/imagegen/verdict.json").read_bytes()) == verdict


@pytest.mark.parametrize("words", [
    [], ["walk"], ["run", "--level", "moon"], ["run", "--moon"], ["run", "--root"],
    ["run", "--json=yes"],
])
def test_wrong_words_are_2(packed: Path, words: list[str]) -> None:
    done = started(packed, *words)
    assert done.returncode == 2
    assert done.stderr.startswith(b"imagegen: error: ")
    assert b"Traceback" not in done.stderr


def test_help_and_version(packed: Path) -> None:
    assert started(packed, "--version").stdout.decode() == f"{__version__}\n"
    assert b"usage: ipvs-check run" in started(packed, "--help").stdout


def test_the_nodes_own_level_is_taken(packed: Path, root: Path) -> None:
    (root / "etc/imagegen").mkdir(parents=True)
    (root / "etc/imagegen/node.json").write_text('{"level": "kernel"}')
    assert judged(packed, root)[1]["level"] == "kernel"
    other = root / "other.json"
    other.write_text('{"level": "bake"}')
    assert judged(packed, root, "--node", str(other))[1]["level"] == "bake"
    assert judged(packed, root, "--node", "/no/such")[0] == 2


def test_a_full_place_is_3(packed: Path, root: Path) -> None:
    (root / "run").write_text("no folder")
    done = started(packed, "run", "--root", str(root), "--level", "bake")
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert done.stdout.startswith(b"GREEN")


def where_from(start: Path, packed: Path | None = None) -> str:
    done = subprocess.run([sys.executable, "-I", "-S", "-v", str(start), "--version"], check=True,
                          capture_output=True, text=True)
    compiled = f"{(packed or start).parent}/check/ipvs_check/__pycache__/cli" in done.stderr
    return "compiled" if compiled else "zip"


def test_the_compiled_form_is_used_while_it_is_the_same(packed: Path, root: Path) -> None:
    assert where_from(packed) == "zip"
    before = os.umask(0o077)
    assert started(packed, "compile").returncode == 0
    os.umask(before)
    folder = packed.parent / "check"
    assert where_from(packed) == "compiled"
    assert judged(packed, root, "--level", "bake")[0] == 0
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o644}
    assert sorted(path.name for path in packed.parent.iterdir()) == ["check", "ipvs-check.pyz"]
    (folder / "digest").write_text("another")
    assert where_from(packed) == "zip"
    assert started(packed, "compile").returncode == 0
    assert where_from(packed) == "compiled"
    folder.chmod(0o777)
    assert where_from(packed) == "zip"


def test_a_node_starts_it_without_looking_into_the_archive(packed: Path, start: Path) -> None:
    """Its modules alone would cost an emulated node a tenth of a second."""
    assert started(start, "compile").returncode == 0
    done = subprocess.run([sys.executable, "-I", "-S", "-v", str(start), "--version"], check=True,
                          capture_output=True, text=True)
    assert done.stdout == f"{__version__}\n"
    assert f"{packed.parent}/check/ipvs_check/__pycache__/cli" in done.stderr
    for name in ("runpy", "importlib.util", "contextlib", "site"):
        assert f"import '{name}'" not in done.stderr, name


def test_a_node_with_another_archive_runs_that_one(packed: Path, start: Path) -> None:
    assert where_from(start, packed) == "zip"
    assert started(start, "compile").returncode == 0
    assert where_from(start, packed) == "compiled"
    packed.write_bytes(packed.read_bytes().replace(b"python3\n#", b"python3\n#f", 1))
    assert where_from(start, packed) == "zip"


def test_a_person_starts_it_by_its_name(start: Path) -> None:
    done = subprocess.run([start, "--version"], capture_output=True, check=True, env={})
    assert done.stdout.decode() == f"{__version__}\n"


def test_a_node_without_the_archive_says_so(packed: Path, start: Path) -> None:
    assert started(start, "compile").returncode == 0
    packed.unlink()
    done = started(start, "run")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode() == (
        f"imagegen: error: {packed}, the node's check, is not there\n")


@pytest.mark.parametrize("redirect", [">/dev/full", ">&-"])
def test_a_reader_that_has_gone_costs_neither_the_verdict_nor_the_exit_code(
    start: Path, root: Path, redirect: str
) -> None:
    command = f'"$0" run --root "$1" --level bake {redirect}'
    done = subprocess.run(["sh", "-c", command, start, root], capture_output=True, check=False,
                          env={})
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads((root / "run/imagegen/verdict.json").read_bytes())["verdict"] == "green"


def test_compiling_nothing_is_told(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "imagegen.node", "compile"], capture_output=True,
                          check=False, cwd=Path(__file__).parents[2])
    assert done.returncode in (2, 3)
    assert b"Traceback" not in done.stderr


def test_a_healthy_run_leaves_pyroute2_alone(packed: Path, root: Path) -> None:
    done = subprocess.run([sys.executable, "-I", "-S", "-v", str(packed), "run", "--root",
                           str(root), "--level", "bake"], check=True, capture_output=True,
                          text=True)
    for name in ("pyroute2", "dataclasses", "subprocess", "argparse", "typing", "asyncio"):
        assert f"import '{name}'" not in done.stderr, name
