"""Proxies of units, as the profile's proxy has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.tree import Files

OUR_DROP_IN = "/etc/systemd/system/kube-proxy.service.d/90-imagegen-proxy.conf"


def environment_of(text: str, section: str = "Service", key: str = "Environment") -> dict[str, str]:
    """A unit's Environment= lines, the last of a name."""
    found: dict[str, str] = {}
    for name, value in systemd.settings(text, section):
        if name == key:
            pairs = (word.partition("=") for word in systemd.words(value))
            found |= {one: other.replace("%%", "%") for one, equals, other in pairs if equals}
    return found


def proxy_in(values: Mapping[str, str]) -> dict[str, Any]:
    """http, https and noProxy of an environment; curl and Go take both spellings."""
    low = {name.lower(): value for name, value in values.items() if value}
    direct = [part.strip() for part in low.get("no_proxy", "").split(",") if part.strip()]
    found = {"http": low.get("http_proxy"), "https": low.get("https_proxy"), "noProxy": direct}
    return {key: value for key, value in found.items() if value}


def direct(files: Files) -> list[str]:
    """What imagegen's own drop-in lets past the proxy."""
    given = proxy_in(environment_of(files.text(OUR_DROP_IN) or ""))
    listed: list[str] = given.get("noProxy", [])
    return listed
