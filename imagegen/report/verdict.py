"""A node's verdict as values, read from the JSON that its check wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from imagegen.common.errors import InputError

FORMAT = 1


class Result(StrEnum):
    """How one fact was judged."""

    OK = "ok"
    RED = "red"
    WARNING = "warning"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How grave a red of the rule is: only an error makes a node red."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Level(StrEnum):
    """Where the verdict was given: in the build guest, on a booted node, in a cluster."""

    BAKE = "bake"
    KERNEL = "kernel"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact: what was expected, read and seen, why it matters, what to do, its source.

    A check that was older than titles gives none of title, severity and read.
    """

    id: str
    rule: str
    result: Result
    expected: str
    saw: str
    why: str
    remedy: str
    source: str
    title: str = ""
    severity: Severity = Severity.ERROR
    read: str = ""

    @property
    def bad(self) -> bool:
        """Whether no node with this finding is green."""
        return self.severity is Severity.ERROR and self.result in (Result.RED, Result.UNKNOWN)


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """Who was judged; empty where the check could not begin."""

    hostname: str = ""
    machine_id: str = ""
    boot_id: str = ""
    kernel: str = ""
    instance_id: str = ""
    addresses: tuple[str, ...] = ()
    ssh_host_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seconds:
    """The node's uptime at the end, the time waited for kube-proxy, the check's own."""

    uptime: float
    waited: float
    check: float


@dataclass(frozen=True, slots=True)
class TableSeen:
    """The size of the IPVS table, and its first lines as `ipvsadm -Ln` shows them."""

    virtual_servers: int
    real_servers: int
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that a node's check says."""

    level: Level
    green: bool
    profile: str
    digest: str
    check_version: str
    node: NodeIdentity
    seconds: Seconds
    waited_for: tuple[str, ...]
    findings: tuple[Finding, ...]
    table: TableSeen
    time: int = 0  # Unix seconds when it was judged; 0 where an older check does not say

    def of(self, *results: Result) -> tuple[Finding, ...]:
        """The findings with one of these results."""
        return tuple(finding for finding in self.findings if finding.result in results)


def parse(data: bytes) -> Verdict:
    """Read a verdict. Raises InputError where it is none, or where it contradicts itself."""
    try:
        top = json.loads(data)
        if not isinstance(top, dict) or top.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        verdict = _verdict(top)
    except KeyError as error:
        raise InputError(f"this is no verdict: {error.args[0]} is missing") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"this is no verdict: {error}") from None
    _consistent(verdict)
    return verdict


def _consistent(verdict: Verdict) -> None:
    """A green that its own findings do not bear out is no green."""
    grave = [one for one in verdict.findings if one.severity is Severity.ERROR]
    good = any(one.result is Result.OK for one in grave) and not any(one.bad for one in grave)
    if verdict.green and not good:
        raise InputError("this verdict says green, and its findings do not")


def _verdict(top: Mapping[str, Any]) -> Verdict:
    if top["verdict"] not in ("green", "red"):
        raise ValueError(f"verdict is {top['verdict']!r}")
    return Verdict(
        level=Level(top["level"]), green=top["verdict"] == "green",
        profile=_text(top, "profile"), digest=_text(top, "digest"),
        check_version=_text(top, "checkVersion"), node=_node(_mapping(top, "node")),
        seconds=_seconds(_mapping(top, "seconds")), waited_for=_texts(top, "waitedFor"),
        findings=tuple(_finding(item) for item in _list(top, "findings")),
        table=_table(_mapping(top, "table")), time=_count({"time": 0, **top}, "time"),
    )


def _finding(item: object) -> Finding:
    if not isinstance(item, dict):
        raise ValueError("a finding is no object")
    item = {"title": "", "severity": Severity.ERROR.value, "read": "", **item}
    words = {name: _text(item, name) for name in ("id", "rule", "expected", "saw", "why", "remedy",
                                                  "source", "title", "read")}
    return Finding(result=Result(item["result"]), severity=Severity(item["severity"]), **words)


def _node(node: Mapping[str, Any]) -> NodeIdentity:
    if not node:
        return NodeIdentity()
    return NodeIdentity(
        _text(node, "hostname"), _text(node, "machineId"), _text(node, "bootId"),
        _text(node, "kernel"), _text(node, "instanceId"), _texts(node, "addresses"),
        _texts(node, "sshHostKeys"),
    )


def _seconds(seconds: Mapping[str, Any]) -> Seconds:
    return Seconds(*(float(seconds[name]) for name in ("uptime", "waited", "check")))


def _table(table: Mapping[str, Any]) -> TableSeen:
    return TableSeen(_count(table, "virtualServers"), _count(table, "realServers"),
                     _texts(table, "text"))


def _count(holder: Mapping[str, Any], name: str) -> int:
    value = holder[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} is no count")
    return value


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder[name]
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    return value


def _texts(holder: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = _list(holder, name)
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"{name} holds what is no text")
    return tuple(values)


def _mapping(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder[name]
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")
    return value
