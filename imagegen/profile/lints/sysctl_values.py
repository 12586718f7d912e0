"""Values of sysctls that the kernel or sysctl.d would not take as they were meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.knowledge.sysctls import (
    LOCAL_PORTS,
    RESERVED_PORTS,
    USUAL_LOCAL_PORTS,
    WITH_COMMAS,
    proc_path,
)
from imagegen.profile.fields import shown
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
_BARE = "write the bare value"
_WORDS = {"true": "1", "yes": "1", "on": "1", "enabled": "1", "false": "0", "no": "0", "off": "0",
          "disabled": "0"}
_COMMENT = re.compile(r"\S\s+[#;]")
_UNIT = re.compile(r"[0-9]+(\.[0-9]+)?\s*([kKmMgG]i?[bB]?|%|ms|s)\Z")
_THOUSANDS = re.compile(r"[0-9]{1,3}([,_'.][0-9]{3})+\Z")


def sysctl_values(profile: Profile) -> Iterator[Problem]:
    """Numbers as the kernel reads them, and local ports that leave the node ports alone."""
    for key, value in profile.os.sysctls.items():
        path, place = ("os", "sysctls", key), proc_path(key)
        wrong = _wrong(key, place, value)
        if wrong is not None:
            yield Problem(path, *wrong, rule="sysctl-value")
        elif place == LOCAL_PORTS:
            yield from _local_ports(profile, path, value)


def _wrong(key: str, place: str, value: str) -> tuple[str, str] | None:
    """What is wrong with a value, and what to do."""
    if not value.strip() or value != value.strip() or value.startswith(("=", "#", ";")):
        return (f"the value of {key} is empty, or begins or ends with what sysctl.d would drop",
                _BARE)
    if _COMMENT.search(value):
        return (f"{shown(value)} holds a comment, and sysctl.d has those on lines of their own: "
                "all of it would be the value", _BARE)
    if value[0] in "'\"" and value[-1] == value[0]:
        return f"the quotes within {shown(value)} would be part of the value", _BARE
    return _no_number(place, value)


def _no_number(place: str, value: str) -> tuple[str, str] | None:
    if value.lower() in _WORDS:
        return (f"{shown(value)} is no number, and the kernel refuses a word here",
                f'write "{_WORDS[value.lower()]}"')
    if _UNIT.match(value) or (_THOUSANDS.match(value) and place not in WITH_COMMAS):
        return (f"{shown(value)} is no plain number, and the kernel reads no units and no "
                "separators", "write the digits alone")
    return None


def _local_ports(profile: Profile, path: Path, value: str) -> Iterator[Problem]:
    low, high = _two(value) or (0, 0)
    if not 0 < low < high < 65536:
        yield Problem(path, f"{shown(value)} is no range of ports: the kernel wants two numbers "
                      "with a blank between, the lower one first", 'write it like "32768 60999"',
                      rule="sysctl-port-range")
        return
    first, last = map(int, profile.cluster.node_port_range.split("-"))
    if low <= last and first <= high and not _reserved(profile, max(low, first), min(high, last)):
        yield Problem(path, f"programs on the node may take the ports {max(low, first)} to "
                      f"{min(high, last)} for their own connections, and these are node ports "
                      f"({profile.cluster.node_port_range})", "begin above the node ports, or add "
                      f'`net.ipv4.ip_local_reserved_ports: "{first}-{last}"`',
                      rule="sysctl-ports-of-services", severity=Severity.WARNING)


def usual_local_ports(profile: Profile) -> Iterator[Problem]:
    """The kernel's own local ports, where the profile does not say others."""
    named = {proc_path(key) for key in profile.os.sysctls}
    first, last = map(int, profile.cluster.node_port_range.split("-"))
    low, high = max(first, USUAL_LOCAL_PORTS[0]), min(last, USUAL_LOCAL_PORTS[1])
    if low > high or LOCAL_PORTS in named or _reserved(profile, low, high):
        return
    yield Problem(("cluster", "nodePortRange"), f"programs on the node may take the ports {low} to "
                  f"{high} for their own connections (the kernel's range is "
                  f"{USUAL_LOCAL_PORTS[0]}-{USUAL_LOCAL_PORTS[1]}), and a service that is given "
                  "one is not reached as long as the connection lives",
                  "end the range at 32767 (as the API server's --service-node-port-range), or add "
                  f'`net.ipv4.ip_local_reserved_ports: "{first}-{last}"` to os.sysctls',
                  rule="cluster-node-ports-local", severity=Severity.WARNING)


def _two(value: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"([0-9]{1,6})\s+([0-9]{1,6})", value)
    return (int(found[1]), int(found[2])) if found else None


def _reserved(profile: Profile, first: int, last: int) -> bool:
    """Whether ip_local_reserved_ports keeps all of these ports back."""
    given = next((value for key, value in profile.os.sysctls.items()
                  if proc_path(key) == RESERVED_PORTS), "")
    ranges = [part.partition("-") for part in given.replace(" ", "").split(",") if part]
    kept = [(int(low), int(high or low)) for low, _, high in ranges
            if low.isdigit() and (high or low).isdigit()]
    return any(low <= first and last <= high for low, high in kept)
