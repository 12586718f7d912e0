"""A profile that passes: what its own rules refuse is left out, each with a note that says why."""

from __future__ import annotations

from typing import Any

from imagegen.adopt.kube_proxy import kept_zero
from imagegen.adopt.notes import Notes, Path
from imagegen.adopt.write import Line, profile_lines
from imagegen.common.errors import InputError
from imagegen.profile.check import Checked, check_bytes
from imagegen.profile.lints.pins import RULE as PLACEHOLDER
from imagegen.profile.model import Profile
from imagegen.profile.problem import Finding, name_of

ROUNDS = 200
# the rule of a key that kube-proxy never had: told, whatever its value is
UNKNOWN = "unknown-key"
# Without these there is no profile; what is wrong with them is for the user to say.
_NEEDED: frozenset[Path] = frozenset({("metadata", "name"), ("kubeProxy", "version"),
                                      ("kubeProxy", "config"), ("cluster", "serviceCIDR"),
                                      ("image", "base"), ("image", "base", "sha256"),
                                      ("image", "base", "url"), ("image", "base", "path")})


def passing(data: dict[str, Any], notes: Notes) -> Profile:
    """The profile of `data`, from which the refused values are taken away.

    Raises InputError where one is refused that cannot be missed.
    """
    for _ in range(ROUNDS):
        _prune(data)
        lines = profile_lines(data, (), ())
        checked = _checked(lines)
        if checked.profile is not None:
            return checked.profile
        # the last first, so that the numbers of a list's items hold
        for path, finding in reversed(_at_fault(checked, lines).items()):
            _leave_out(data, path, finding, notes)
    raise InputError("these files give no profile that passes", hint="start from `imagegen init`")


def _checked(lines: list[Line]) -> Checked:
    return check_bytes("the adopted profile", ("\n".join(line.text for line in lines) + "\n"
                                               ).encode(), without=frozenset({PLACEHOLDER}))


def _at_fault(checked: Checked, lines: list[Line]) -> dict[Path, Finding]:
    """Each refused value once, in the order of the lines."""
    found: dict[Path, Finding] = {}
    for finding in checked.errors:
        path = lines[finding.where.line - 1].path if finding.where else None
        if not path or len(path) < 2 or path in _NEEDED:
            raise InputError(f"adopting gives a profile that cannot work: {finding.what}",
                             hint=finding.hint)
        found.setdefault(path, finding)
    return found


# A thing of a list that has lost one of these is none: it goes as a whole
_WHOLE = frozenset({"name", "path", "content", "contentBase64", "pem", "url", "suites", "key",
                    "script", "state"})
# A part of a section of its own, which is nothing without it
_SECTIONS = (("os", "kubelet"), ("os", "containerd"))


def _leave_out(data: dict[str, Any], path: Path, finding: Finding, notes: Notes) -> None:
    if len(path) == 4 and path[0] == "os" and isinstance(path[2], int) and path[3] in _WHOLE:
        path = path[:3]
    if path[:2] in _SECTIONS:
        path = path[:2]
    holder: Any = data
    try:
        for part in path[:-1]:
            holder = holder[part]
        value = holder.pop(path[-1])
    except (KeyError, IndexError, TypeError):
        return  # gone with what stood around it
    if path[:2] == ("kubeProxy", "config") and kept_zero(value) and finding.rule != UNKNOWN:
        notes.leave_at_default(name_of(path[2:]), str(value))
        return
    hint = f"; {finding.hint}" if finding.hint else ""
    notes.add(f"left out {_shown(data, path, value)}: {finding.what}{hint}", *path[:-1])


def _shown(data: Any, path: Path, value: object) -> str:  # noqa: ANN401
    """The value's path; its item by name, since a number says nothing to the node's owner."""
    name, called = name_of(path), _called(data, path, value)
    secret = path[0] == "os" and path[1] != "sysctls" and not isinstance(path[-1], int)
    return f"{name}{called}" if called or isinstance(value, list | dict) or secret else (
        f"{name} ({value})")


def _called(data: Any, path: Path, value: object) -> str:  # noqa: ANN401
    if len(path) < 3 or not isinstance(path[2], int):
        return ""
    item = value if len(path) == 3 else data[path[0]][path[1]][path[2]]
    found = [item[key] for key in ("name", "path", "url") if isinstance(item, dict) and key in item]
    return f" ({found[0]})" if found else ""


def _prune(data: dict[str, Any]) -> None:
    """What is empty says nothing."""
    for key, value in list(data.items()):
        if isinstance(value, dict):
            _prune(value)
        if value in ({}, [], None):
            del data[key]
