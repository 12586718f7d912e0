"""The real cloud-init, Debian's, as a judge of what we write for it."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from imagegen.common.run import Done, run
from tests.tools.debian import fetched, unpacked

POOL = "http://deb.debian.org/debian/pool/main/c/cloud-init"
# the oldest that a supported distribution ships, and the newest; Debian 12's own comes by apt
PINNED = {
    "20.4": ("cloud-init_20.4.1-2+deb11u1_all.deb",
             "fdb55f0cef217f31852ddcdbe56c271ce42b3f99797702a5265d8dad14471ba1"),
    "25.1": ("cloud-init_25.1.4-1+deb13u1_all.deb",
             "1b120a44110e7234c9cf9ccde78fb5d5ea1292c94ef0ca70d09a580f72980df3"),
    "26.2": ("cloud-init_26.2-1_all.deb",
             "17fc7a7f428dbea1195543259955a75f170870473990a43375de99009bd60462"),
}
VERSIONS = ("20.4", "22.4", "25.1", "26.2")
READER = Path(__file__).with_name("cloudinit_reads.py")
MODULES = Path(__file__).with_name("cloudinit_modules.py")


@cache
def library(version: str = "22.4") -> Path:
    """The folder that holds Python's `cloudinit`."""
    if version in PINNED:
        name, sha256 = PINNED[version]
        root = fetched(f"cloud-init-{version}", f"{POOL}/{name}", sha256)
    else:
        root = unpacked("cloud-init")
    return root / "usr/lib/python3/dist-packages"


def read_by(version: str, documents: list[bytes], folder: Path) -> list[dict[str, Any]]:
    """What the real cloud-init makes of each: its merged `config`, its `scripts` by name, the
    `problems` that its schema finds. One process for all."""
    paths = [folder / f"{number}.user-data" for number in range(len(documents))]
    for path, data in zip(paths, documents, strict=True):
        path.write_bytes(data)
    names = folder / "documents"
    names.write_text("".join(f"{path}\n" for path in paths))
    done = run([sys.executable, "-P", str(READER), str(names), str(folder / "read.json")],
               env={"PYTHONPATH": str(library(version))}, timeout=600)
    assert done.code == 0
    read: list[dict[str, Any]] = json.loads((folder / "read.json").read_text())
    return read


def schema_verdict(user_data: bytes, folder: Path) -> Done:
    """`cloud-init schema --config-file`; exit 0 for a valid document."""
    path = folder / "user-data"
    path.write_bytes(user_data)
    return run([sys.executable, "-m", "cloudinit.cmd.main", "schema", "--config-file", str(path)],
               env={"PYTHONPATH": str(library())}, check=False, timeout=120)


@cache
def schema(version: str = "22.4") -> dict[str, Any]:
    """cloud-init's own JSON schema."""
    path = library(version) / "cloudinit/config/schemas/schema-cloud-config-v1.json"
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def known_keys() -> set[str]:
    """The top-level keys of a #cloud-config: 22.4's schema lets unknown ones pass."""
    definitions = schema()["$defs"]
    names = [part["$ref"].rpartition("/")[2] for part in schema()["allOf"]]
    return {key for name in names for key in definitions[name].get("properties", {})}


def problems(user_data: bytes) -> list[str]:
    """What the schema, made strict on top-level keys, finds wrong."""
    document = yaml.safe_load(user_data)
    validator = jsonschema.Draft4Validator(schema())
    unknown = sorted(set(document) - known_keys())
    return [f"unknown key {key}" for key in unknown] + [
        error.message for error in validator.iter_errors(document)]


def modules() -> set[str]:
    """The names under which cloud-init's modules may be listed."""
    files = (library() / "cloudinit/config").glob("cc_*.py")
    return {path.stem.removeprefix("cc_").replace("_", "-") for path in files}


def done_by(version: str, documents: list[str], folder: Path) -> list[dict[str, Any]]:
    """What the real modules do with each document: files, script or users, or where they stop."""
    cases, output = folder / f"{version}.cases", folder / f"{version}.json"
    cases.write_text(json.dumps(documents))
    (folder / version).mkdir()
    run([sys.executable, "-P", str(MODULES), str(cases), str(output), str(folder / version)],
        env={"PYTHONPATH": str(library(version))}, timeout=600)
    answers: list[dict[str, Any]] = json.loads(output.read_text())
    return answers
