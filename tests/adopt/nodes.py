"""Nodes to adopt: made from data, from the recipe's own lines, from a rendered tree."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

from imagegen.adopt.adopt import Adopted, Wishes, adopt
from imagegen.adopt.tree import Archive, Entry, Files
from imagegen.profile.lints.pins import PLACEHOLDER, RULE
from imagegen.profile.model import Profile
from imagegen.render.node import EXPECTATIONS, RELEASE
from imagegen.render.render import Rendering
from tests.verbs import ROOT

RECIPE = ROOT / "tests" / "plan" / "recipe.txt"
UNIT = "/usr/lib/systemd/system/kube-proxy.service"
VERSION = "1.20.2"
Content = str | bytes | tuple[str | bytes, int]


def files_of(given: dict[str, Content]) -> Files:
    """Path -> text (with `-> TARGET` for a link), or text and mode."""
    archive = Archive()
    for path, content in given.items():
        text, mode = content if isinstance(content, tuple) else (content, 0o644)
        if isinstance(text, str) and text.startswith("-> "):
            archive.put(path[1:], Entry(0o777, link=text[3:]))
        else:
            data = text if isinstance(text, bytes) else text.encode()
            archive.put(path[1:], Entry(mode), data)
    return Files(archive)


def node(given: dict[str, Content], wishes: Wishes | None = None) -> Adopted:
    """A node of these files, adopted."""
    return adopt(files_of(given), wishes or Wishes(kubernetes=VERSION))


def started(*flags: str, **more: Content) -> dict[str, Content]:
    """A node whose unit runs kube-proxy with these flags, and more files."""
    line = " \\\n  ".join(["/usr/local/bin/kube-proxy", *flags])
    return {UNIT: f"[Unit]\nDescription=x\n[Service]\nExecStart={line}\n", **more}


def filled(adopted: Adopted) -> bytes:
    """The profile's text, the sums that only its owner can know filled in."""
    return adopted.text.replace(PLACEHOLDER, "a0" * 32).encode()


def with_sums(adopted: Adopted) -> Profile:
    """The profile with the same sums filled in."""
    document = adopted.profile.model_dump(mode="json", by_alias=True, exclude_unset=True)
    text = json.dumps(document).replace(PLACEHOLDER, "a0" * 32)
    return Profile.model_validate_json(text)


def only_placeholders(adopted: Adopted) -> bool:
    """Whether nothing but sums to be filled in stands between the text and a passing check."""
    return {found.rule for found in adopted.refused} <= {RULE}


def notes(adopted: Adopted) -> str:
    return "\n".join(note.text for note in adopted.notes)


def recipe() -> dict[str, Content]:
    """The files that the recipe's own lines write, line by line from its text."""
    text = RECIPE.read_text()
    written = re.findall(r"^cat >>? (\S+) ?<< ?EOF\n(.*?)^EOF$", text, re.M | re.S)
    unit = text[text.index("[Unit]"):text.index("systemctl daemon-reload")]
    path = re.search(r"^vim (\S+)$", text, re.M)
    assert path is not None
    return {**dict(written), path[1]: unit}


def packages_of_recipe() -> tuple[str, ...]:
    """What its `yum` installs."""
    found = re.search(r"^yum -y install (.+)$", RECIPE.read_text(), re.M)
    assert found is not None
    return tuple(found[1].split())


def written(folder: Path, given: dict[str, Content]) -> Path:
    """The same node as a root directory."""
    for path, content in given.items():
        text, mode = content if isinstance(content, tuple) else (content, 0o644)
        place = folder / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str) and text.startswith("-> "):
            place.symlink_to(text[3:])
            continue
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        place.chmod(mode)
    return folder


def rendered_files(rendering: Rendering) -> Files:
    """A rendered node/ tree as a node's files."""
    archive = Archive()
    for path, file in rendering.node.files.items():
        archive.put(path, Entry(file.mode, link=file.link),
                    None if file.link is not None else file.data)
    return Files(archive)


def undated(rendering: Rendering) -> dict[str, object]:
    """The node/ tree without the digest of the whole profile.

    It covers fields that leave no trace on a node (the build guest's memory, a mirror), so two
    profiles of one node may differ in it. It stands in two files.
    """
    node = rendering.node
    release = node.files[RELEASE].data.replace(rendering.digest.encode(), b"")
    document = json.loads(node.files[EXPECTATIONS].data)
    assert document.pop("digest") == rendering.digest
    for fact in document["facts"]:
        if fact["id"] == f"file.{RELEASE}":
            fact["expect"]["sha256"] = ""
    rest = {path: file for path, file in node.files.items() if path not in (RELEASE, EXPECTATIONS)}
    return {**rest, RELEASE: release, EXPECTATIONS: document}


def tarred(given: dict[str, Content], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    """The node as a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as tar:  # type: ignore[call-overload]
        for path, content in given.items():
            text, bits = content if isinstance(content, tuple) else (content, 0o644)
            member = tarfile.TarInfo(path[1:])
            member.mode = bits
            if isinstance(text, str) and text.startswith("-> "):
                member.type, member.linkname = tarfile.SYMTYPE, text[3:]
                tar.addfile(member)
                continue
            data = text if isinstance(text, bytes) else text.encode()
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


