"""What the check is told: expectations.json of the image, node.json of this one node."""

from __future__ import annotations

import json

from .model import LEVELS, Fact, InputProblem
from .rules import NONE, RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

FORMAT = 1
DEFAULT_TIMEOUT = 300.0
NAMES = {str: "a text", int: "a whole number", list: "a list", dict: "an object", bool: "true or "
         "false", NONE: "null", float: "a number"}


class KubeProxy:
    """What the expectations say of kube-proxy; paths and addresses, all as texts."""

    __slots__ = ("config", "kubeconfig", "metrics", "run_by", "unit", "version")

    def __init__(self, given: dict[str, Any]) -> None:
        self.version: str = given.get("version") or ""
        # null where no unit of the image's runs it
        self.unit: str = given.get("unit", "kube-proxy.service") or ""
        self.run_by: str = given.get("runBy") or "systemd"
        self.metrics: str = given.get("metrics") or "127.0.0.1:10249"
        self.kubeconfig: str = given.get("kubeconfig") or ""
        self.config: str = given.get("config") or ""


class Condition:
    """Whom to tell of the verdict: the API server of a kubeconfig, within `seconds`."""

    __slots__ = ("kubeconfig", "seconds")

    def __init__(self, given: dict[str, Any], where: str) -> None:
        self.kubeconfig = _get(given, "kubeconfig", str, where)
        self.seconds = float(_get(given, "timeout", int, where))


class Expectations:
    """A profile's facts, as they were baked; `timeout` in seconds."""

    __slots__ = ("condition", "digest", "facts", "kube_proxy", "profile", "timeout")

    def __init__(
        self, profile: str, digest: str, timeout: float, kube_proxy: KubeProxy, facts: list[Fact]
    ) -> None:
        self.profile, self.digest, self.timeout = profile, digest, timeout
        self.kube_proxy, self.facts = kube_proxy, facts
        self.condition: Condition | None = None


class NodeSettings:
    """One node's own: the level it can reach, and its API servers where they differ."""

    __slots__ = ("api_servers", "level")

    def __init__(self, level: str | None, api_servers: list[str] | None) -> None:
        self.level, self.api_servers = level, api_servers


def expectations(data: bytes, where: str) -> Expectations:
    """Read expectations.json. Raises InputProblem with one sentence that names the place."""
    top = _object(data, where)
    if top.get("format") != FORMAT:
        raise InputProblem(f"{where}: format is {top.get('format')!r}, this check reads {FORMAT}")
    facts = [_fact(item, f"{where}: facts[{n}]") for n, item in enumerate(_get(top, "facts", list,
                                                                               where))]
    _unique(facts, where)
    timeout = top.get("timeoutSeconds", DEFAULT_TIMEOUT)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0:
        raise InputProblem(f"{where}: timeoutSeconds must be a number of seconds")
    kube_proxy = _strings(top.get("kubeProxy") or {}, f"{where}: kubeProxy")
    told = Expectations(
        _get(top, "profile", str, where), _get(top, "digest", str, where),
        float(timeout), KubeProxy(kube_proxy), facts,
    )
    if top.get("condition") is not None:
        told.condition = Condition(_get(top, "condition", dict, where), f"{where}: condition")
    return told


def node_settings(data: bytes, where: str) -> NodeSettings:
    """Read node.json. Raises InputProblem; an absent file is the caller's business."""
    top = _object(data, where)
    odd = sorted(set(top) - {"level", "apiServers"})
    if odd:
        raise InputProblem(f"{where}: {odd[0]!r} is not known; level and apiServers are")
    level, servers = top.get("level"), top.get("apiServers")
    if level is not None:
        checked_level(level, f"{where}: level")
    if servers is not None and not _texts(servers):
        raise InputProblem(f"{where}: apiServers must be a list of address:port texts")
    return NodeSettings(level, servers)


def checked_level(level: object, where: str) -> str:
    """The level itself, or InputProblem."""
    if level not in LEVELS:
        raise InputProblem(f"{where} must be one of {', '.join(LEVELS)}, not {level!r}")
    return str(level)


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        top = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputProblem(f"{where} is not JSON: {error}") from None
    if not isinstance(top, dict):
        raise InputProblem(f"{where} must hold an object")
    return top


def _get(holder: dict[str, Any], key: str, kind: type[T], where: str) -> T:
    value = holder.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        said = "is missing" if key not in holder else f"must be {NAMES[kind]}"
        raise InputProblem(f"{where}: {key} {said}")
    return value


def _strings(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(
        entry is None or isinstance(entry, str) for entry in value.values()
    ):
        raise InputProblem(f"{where} must be an object of texts")
    return value


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _fact(item: object, where: str) -> Fact:
    if not isinstance(item, dict):
        raise InputProblem(f"{where} must be an object")
    name = _get(item, "id", str, where)
    where = f"{where} ({name})"
    rule = _get(item, "rule", str, where)
    levels = _get(item, "levels", list, where)
    for level in levels:
        checked_level(level, f"{where}: levels")
    expect = _get(item, "expect", dict, where)
    if rule in RULES:
        _shaped(expect, RULES[rule].shape, f"{where}: expect")
    words = _strings({key: item.get(key) for key in ("reason", "source", "remedy")}, where)
    return Fact(name, rule, tuple(levels), expect, words["reason"] or "", words["source"] or "",
                words["remedy"] or "")


def _shaped(expect: dict[str, Any], shape: dict[str, tuple[type, ...]], where: str) -> None:
    for key in expect:
        if key not in shape:
            raise InputProblem(f"{where}.{key} is not known to this rule")
    for key, kinds in shape.items():
        value = expect.get(key)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            wanted = " or ".join(NAMES[kind] for kind in kinds)
            raise InputProblem(f"{where}.{key} must be {wanted}, not {value!r}")
        if isinstance(value, list) and not _texts(value):
            raise InputProblem(f"{where}.{key} must be a list of texts")


def _unique(facts: list[Fact], where: str) -> None:
    seen: set[str] = set()
    for fact in facts:
        if fact.id in seen:
            raise InputProblem(f"{where}: the fact {fact.id} is there twice")
        seen.add(fact.id)
