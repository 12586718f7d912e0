"""What imagegen's own files say of a node that imagegen made."""

from __future__ import annotations

import ipaddress
import json
import shlex
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.plan.facts import Rule
from imagegen.render.node import EXPECTATIONS, PACKAGES, RELEASE

_PREFIXES = {4: (12, 16, 20, 22, 24, 28, 29, 30), 6: (108, 112, 116, 120, 124, 126)}


class Ours:
    """The node's release file and expectations; empty where imagegen did not make it."""

    def __init__(self, files: Files) -> None:
        self.release = _release(files.text(f"/{RELEASE}") or "")
        self._facts, self.timeout = _expectations(files.read(f"/{EXPECTATIONS}"))
        self._files = files

    def __bool__(self) -> bool:
        return "IMAGEGEN_VERSION" in self.release

    @property
    def version(self) -> str | None:
        """kube-proxy's."""
        return self.release.get("KUBE_PROXY_VERSION") if self else None

    @property
    def packages(self) -> list[str]:
        """All that the build installed."""
        return (self._files.text(f"/{PACKAGES}") or "").split()

    def lost(self, kept: set[str]) -> list[tuple[str, str]]:
        """The facts of the old image that a plan of these ids lacks: id, and where it came from."""
        return [(name, str(fact.get("source") or "its profile")) for fact in self._facts
                if isinstance(name := fact.get("id"), str) and name not in kept]

    def files(self) -> list[dict[str, Any]]:
        """The profile's own files, with their contents."""
        return [entry for fact in self._facts
                if fact.get("source") == "os.files of the profile"
                for entry in [self._file(str(_expect(fact).get("path", "")))] if entry]

    def _file(self, path: str) -> dict[str, Any] | None:
        data, mode = self._files.read(path), self._files.mode(path)
        try:
            content = None if data is None else data.decode()
        except UnicodeDecodeError:
            content = None
        return None if content is None else {"path": path, "content": content,
                                             "mode": f"{mode or 0o644:04o}"}

    def cluster(self, notes: Notes) -> dict[str, Any]:
        """The API service and its servers; the service range is the likeliest that begins so."""
        expect = next((_expect(fact) for fact in self._facts
                       if fact.get("rule") == Rule.API_SERVICE.value), {})
        found: dict[str, Any] = {}
        if cidr := _range_of(expect.get("address")):
            notes.add(f"the image names the API service {expect['address']}; that the range is "
                      f"{cidr} is a guess", "cluster", "serviceCIDR")
            found["serviceCIDR"] = cidr
        if expect.get("port"):
            found["apiServicePort"] = expect["port"]
        if expect.get("realServers"):
            found["apiServers"] = expect["realServers"]
        return found


def _expect(fact: dict[str, Any]) -> dict[str, Any]:
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
            found[key] = words[0] if words else ""
    return found


def _expectations(data: bytes | None) -> tuple[list[dict[str, Any]], float | None]:
    try:
        document = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return [], None
    facts, timeout = document.get("facts"), document.get("timeoutSeconds")
    known = [fact for fact in facts if isinstance(fact, dict)] if isinstance(facts, list) else []
    return known, timeout if isinstance(timeout, int | float) else None


def _range_of(address: object) -> str | None:
    try:
        first = ipaddress.ip_address(str(address))
    except ValueError:
        return None
    for prefix in _PREFIXES[first.version]:
        network = ipaddress.ip_network(f"{first}/{prefix}", strict=False)
        if network[1] == first:
            return str(network)
    return None
