"""Small readers of the node's files, written from their manuals and not from our writers."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import re
import shlex
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import yaml


def sysctls(text: bytes) -> dict[str, str]:
    """sysctl.d(5): KEY = VALUE; empty lines, `#` and `;` at the start are comments."""
    rows = (line.strip(" \t\r") for line in text.decode().split("\n"))
    pairs = (row.split("=", 1) for row in rows if row and row[0] not in "#;")
    return {key.strip(" \t"): value.strip(" \t") for key, value in pairs}


def modules(text: bytes) -> list[str]:
    """modules-load.d(5): a name a line; empty lines, `#` and `;` are comments."""
    rows = (line.strip() for line in text.decode().split("\n"))
    return [row for row in rows if row and row[0] not in "#;"]


def shell_variable(text: bytes, name: str, folder: Path) -> bytes:
    """What a shell that sources the file makes of a variable."""
    path = folder / "sourced"
    path.write_bytes(text)
    script = f'. "$1"; printf %s "${name}"'
    done = subprocess.run(["sh", "-euc", script, "sh", str(path)], capture_output=True, check=True,
                          cwd=folder, env={"PATH": "/usr/bin:/bin"}, timeout=60)
    assert done.stderr == b""
    return done.stdout


def unit(text: bytes) -> dict[str, list[str]]:
    """systemd.syntax(7): KEY=VALUE, a backslash at the line's end goes on in the next."""
    joined = text.decode().replace("\\\n", " ")
    rows = [line.strip() for line in joined.split("\n")]
    found: dict[str, list[str]] = {}
    for key, value in (row.split("=", 1) for row in rows if row and row[0] not in "#;["):
        found.setdefault(key, []).append(value)
    return found


def command(text: bytes) -> list[str]:
    """The words of a unit's one ExecStart=; no specifier may stand in it."""
    line, = unit(text)["ExecStart"]
    assert "%" not in re.sub(r"%%", "", line)
    return shlex.split(line)


def tar_files(data: bytes) -> dict[str, tuple[bytes, int]]:
    """Absolute path -> bytes and mode, as Python's tarfile reads them."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {f"/{member.name}": (_content(tar, member), member.mode)
                for member in tar if member.isreg()}


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    assert stream is not None
    return stream.read()


def cloud_config(user_data: bytes) -> dict[str, Any]:
    """A #cloud-config as cloud-init reads it."""
    assert user_data.startswith(b"#cloud-config\n")
    document: dict[str, Any] = yaml.load(user_data, Loader=yaml.CSafeLoader)
    return document


def written_files(user_data: bytes) -> dict[str, tuple[bytes, int]]:
    """Absolute path -> bytes and mode of cloud-init's write_files."""
    return {entry["path"]: (_decoded(entry), int(entry["permissions"], 8))
            for entry in cloud_config(user_data)["write_files"]}


def _decoded(entry: dict[str, str]) -> bytes:
    match entry.get("encoding"):
        case "b64":
            return base64.b64decode(entry["content"], validate=True)
        case "gz+b64":
            return gzip.decompress(base64.b64decode(entry["content"], validate=True))
        case None:
            return entry["content"].encode()
    raise AssertionError(entry)


def full_files(user_data: bytes) -> dict[str, tuple[bytes, int]]:
    """The node's files that travel in cloud-init/full."""
    written = written_files(user_data)
    here = "/run/imagegen-first-boot"
    check = bz2.decompress(written[f"{here}/ipvs-check.pyz.bz2"][0])
    return (tar_files(written[f"{here}/node.tar"][0])
            | {"/usr/lib/imagegen/ipvs-check.pyz": (check, 0o755)})
