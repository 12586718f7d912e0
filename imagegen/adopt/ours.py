"""What imagegen's own files say of a node that imagegen made."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from imagegen.adopt.tree import Files
from imagegen.plan.facts import Rule
from imagegen.plan.table import KERNEL_TIMEOUTS
from imagegen.render.node import EXPECTATIONS, RELEASE

Expect = Mapping[str, Any]
# the rules whose expectations hold something of kube-proxy's configuration
_OF_CONFIG = frozenset(rule.value for rule in (
    Rule.PROXY_MODE, Rule.SCHEDULER, Rule.NODE_PORT, Rule.TIMEOUTS))
_TIMEOUTS = {"tcp": "tcpTimeout", "tcpfin": "tcpFinTimeout", "udp": "udpTimeout"}
# They say which imagegen made them, and when the rest of the profile is another.
_OF_ITS_TIME = (f"/{RELEASE}", f"/{EXPECTATIONS}", "/usr/lib/imagegen/ipvs-check.pyz")


class Ours:
    """The node's release file and expectations; empty where imagegen did not make it."""

    def __init__(self, files: Files) -> None:
        self.release = _release(files.text(f"/{RELEASE}") or "")
        told = _document(files.read(f"/{EXPECTATIONS}"))
        self._facts, self.timeout = _expectations(told)
        proxy = told.get("kubeProxy")
        self._proxy: dict[str, Any] = proxy if isinstance(proxy, dict) else {}
        gate = told.get("gate")
        self.gate: Mapping[str, Any] = gate if isinstance(gate, dict) else {}
        self.motd = "motd" not in told or told["motd"] is not None
        self.tells_cluster = isinstance(told.get("condition"), dict)

    def __bool__(self) -> bool:
        return "IMAGEGEN_VERSION" in self.release

    @property
    def version(self) -> str | None:
        """kube-proxy's."""
        return self.release.get("KUBE_PROXY_VERSION") if self else None

    @property
    def run_by(self) -> str | None:
        """Who runs kube-proxy, where that is not a unit of the image's."""
        found = self._proxy.get("runBy")
        return found if self and isinstance(found, str) else None

    def expected_config(self) -> dict[str, Any]:
        """Of kube-proxy's configuration what the check expects of it."""
        facts = {fact["rule"]: _expect(fact) for fact in self._facts
                 if fact.get("rule") in _OF_CONFIG}
        keys = {_expect(fact).get("key") for fact in self._facts}
        scheduler = facts.get(Rule.SCHEDULER.value, {})
        ipvs = {"scheduler": scheduler.get("name"), "excludeCIDRs": scheduler.get("excluded"),
                "strictARP": True if "net.ipv4.conf.all.arp_ignore" in keys else None,
                **_timeouts(facts.get(Rule.TIMEOUTS.value, {}))}
        found = {"mode": facts.get(Rule.PROXY_MODE.value, {}).get("mode"),
                 "metricsBindAddress": self._proxy.get("metrics"),
                 "nodePortAddresses": facts.get(Rule.NODE_PORT.value, {}).get("addresses"),
                 "ipvs": {name: value for name, value in ipvs.items() if value}}
        return {name: value for name, value in found.items() if value}

    def of(self, source: str) -> Iterator[tuple[Rule | None, Expect]]:
        """Rule and expectation of the facts that a field brought, such as `os.users`."""
        for fact in self._facts:
            if fact.get("source") == f"{source} of the profile":
                yield _rule(fact), _expect(fact)

    def by_rule(self, rule: Rule) -> Iterator[Expect]:
        """The expectations under a rule."""
        return (_expect(fact) for fact in self._facts if _rule(fact) is rule)

    def by_name(self, prefix: str) -> dict[str, Expect]:
        """What follows the prefix in a fact's id -> its expectation."""
        return {name.removeprefix(prefix): _expect(fact) for fact in self._facts
                if isinstance(name := fact.get("id"), str) and name.startswith(prefix)}

    def promised(self) -> dict[str, tuple[Expect, str]]:
        """Every fact of the old image: id -> expectation and source."""
        return {name: (_expect(fact), str(fact.get("source") or "its profile"))
                for fact in self._facts if isinstance(name := fact.get("id"), str)
                and _expect(fact).get("path") not in _OF_ITS_TIME}


def _rule(fact: Mapping[str, Any]) -> Rule | None:
    try:
        return Rule(str(fact.get("rule")))
    except ValueError:
        return None


def _expect(fact: Mapping[str, Any]) -> Expect:
    expect = fact.get("expect")
    return expect if isinstance(expect, dict) else {}


def _release(text: str) -> dict[str, str]:
    found = {}
    for line in text.split("\n"):
        key, equals, value = line.partition("=")
        try:
            words = shlex.split(value) if equals else []
        except ValueError:
            continue
        if len(words) <= 1 and equals:
            # a shell takes the backslash before these away, shlex leaves it
            found[key] = re.sub(r"\\([$`])", r"\1", words[0]) if words else ""
    return found


def _document(data: bytes | None) -> dict[str, Any]:
    try:
        document = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _expectations(document: dict[str, Any]) -> tuple[list[dict[str, Any]], float | None]:
    facts, timeout = document.get("facts"), document.get("timeoutSeconds")
    known = [fact for fact in facts if isinstance(fact, dict)] if isinstance(facts, list) else []
    return known, timeout if isinstance(timeout, int | float) else None


def _timeouts(expect: Expect) -> dict[str, str]:
    """Those that are not the kernel's own, as kube-proxy's configuration has them."""
    return {field: f"{expect[name]}s" for name, field in _TIMEOUTS.items()
            if expect.get(name, KERNEL_TIMEOUTS[name]) != KERNEL_TIMEOUTS[name]}
