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
from tests.tools.debian import unpacked


@cache
def library() -> Path:
    """The folder that holds Python's `cloudinit`."""
    return unpacked("cloud-init") / "usr/lib/python3/dist-packages"


def schema_verdict(user_data: bytes, folder: Path) -> Done:
    """`cloud-init schema --config-file`; exit 0 for a valid document."""
    path = folder / "user-data"
    path.write_bytes(user_data)
    return run([sys.executable, "-m", "cloudinit.cmd.main", "schema", "--config-file", str(path)],
               env={"PYTHONPATH": str(library())}, check=False, timeout=120)


@cache
def schema() -> dict[str, Any]:
    """cloud-init's own JSON schema."""
    path = library() / "cloudinit/config/schemas/schema-cloud-config-v1.json"
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
