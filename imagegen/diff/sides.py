"""A path to a side: what it is is read from its content, not from its name."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from imagegen.common.errors import InputError
from imagegen.diff.model import Heard, Kind, Promise, Side
from imagegen.diff.promise import of_image, of_profile, of_tree
from imagegen.profile.file import STDIN
from imagegen.report.verdict import parse

MAX_BYTES = 256 << 20
QCOW2 = b"QFI\xfb"
HINT = ("give a profile, a folder that `imagegen render` wrote, an image or its .manifest.json, or "
        "a verdict")


def read_side(path: Path) -> Side:
    """A profile, tree, image or verdict; `-` is standard input, and nothing is read twice.

    Raises InputError where it is none of them.
    """
    if path.is_dir():
        return of_tree(path, _manifest_of(path))
    data = _read(path)
    if data.startswith(QCOW2):
        return _image_beside(path)
    documents = _json_documents(data)
    if documents is None:
        return _profile(path, data)
    if len(documents) > 1:
        raise InputError(f"{path} holds {len(documents)} lines of JSON; only one side can be "
                         "compared", hint="keep the line of one node")
    return _of_document(path, data, documents[0])


def _of_document(path: Path, data: bytes, document: dict[str, Any]) -> Side:
    if "findings" in document:
        return Heard(Kind.VERDICT, name_of_side(path), parse(json.dumps(document).encode()))
    if {"image", "sha256", "facts"} <= document.keys():
        return of_image(path, document)
    if {"imageName", "files", "facts"} <= document.keys():
        return of_tree(path.parent, document)
    if "apiVersion" in document:
        return _profile(path, data)
    raise InputError(f"{path} is JSON, but neither a verdict nor a manifest", hint=HINT)


def name_of_side(path: Path) -> str:
    """What a side is called in sentences."""
    return "standard input" if str(path) == STDIN else str(path)


def _profile(path: Path, data: bytes) -> Promise:
    from imagegen.profile.check import check_read_file

    checked = check_read_file(path, data)
    return of_profile(name_of_side(path), checked.sound(), tuple(checked.warnings))


def _manifest_of(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not path.exists():
        raise InputError(f"{folder} has no manifest.json, so it is no rendered tree", hint=HINT)
    documents = _json_documents(_read(path))
    if not documents or not {"imageName", "files", "facts"} <= documents[0].keys():
        raise InputError(f"{path} is not imagegen's, so {folder} is no rendered tree", hint=HINT)
    return documents[0]


def _image_beside(path: Path) -> Promise:
    manifest = path.with_suffix(".manifest.json")
    if not manifest.exists():
        raise InputError(f"{path} is an image without a manifest beside it",
                         hint=f"`imagegen build` writes {manifest.name}; put it there")
    documents = _json_documents(_read(manifest))
    if not documents or not {"image", "sha256", "facts"} <= documents[0].keys():
        raise InputError(f"{manifest} is no manifest of an image", hint=HINT)
    return of_image(manifest, documents[0])


def _read(path: Path) -> bytes:
    """The bytes; of an image only the first ones."""
    try:
        with _opened(path) as file:
            head = file.read(len(QCOW2))
            data = head if head == QCOW2 else head + file.read(MAX_BYTES)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint=HINT) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB, and no image", hint=HINT)
    return data


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(path) == STDIN else path.open("rb")


def _json_documents(data: bytes) -> list[dict[str, Any]] | None:
    """One object, or one object a line; None where it is something else."""
    try:
        if not data.lstrip().startswith(b"{"):
            return None
        try:
            documents = [json.loads(data)]
        except ValueError:
            documents = [json.loads(line) for line in data.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None
    return documents if all(isinstance(one, dict) for one in documents) else None
