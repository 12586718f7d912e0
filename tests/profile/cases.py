"""What a profile with a few values changed gets: the findings, the words, the files."""

from __future__ import annotations

from typing import Any

from imagegen.profile.check import check_bytes
from imagegen.profile.load import parse_profile
from imagegen.render.render import Rendering, render
from tests.profiles import as_yaml, changed

ROCKY = {"os.distribution": "rocky", "os.release": "9",
         "image.base": {"from": "path", "path": "/x.qcow2", "sha256": "a0" * 32}}


# quickstart's node ports are wider, and reserved by a sysctl that a case may take away
PORTS = {"cluster.nodePortRange": "30000-32767"}


def found(changes: dict[str, Any]) -> list[tuple[str, str]]:
    """Rule and severity of each finding."""
    return [(one.rule, one.severity.value)
            for one in check_bytes("p.yaml", as_yaml(changed(PORTS | changes))).findings]


def rules(changes: dict[str, Any]) -> list[str]:
    """The rules alone, each once, in order."""
    return list(dict.fromkeys(rule for rule, _ in found(changes)))


def said(changes: dict[str, Any]) -> str:
    """Every finding as the user reads it."""
    checked = check_bytes("p.yaml", as_yaml(changed(PORTS | changes)))
    return "\n".join(str(one) for one in checked.findings)


def rendering(changes: dict[str, Any]) -> Rendering:
    """The profile rendered. Raises InputError where it has errors."""
    return render(parse_profile("p.yaml", as_yaml(changed(PORTS | changes))))


def node_file(rendered: Rendering, path: str) -> str:
    """A text of the node's."""
    return rendered.tree.files[f"node/{path}"].data.decode()


def file(path: str, content: str, **more: str) -> dict[str, Any]:
    """The changes that bring one file."""
    return {"os.files": [{"path": path, "content": content, **more}]}
