"""Files of the profile's that speak to kube-proxy's table or command line beside its section."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from imagegen.knowledge.kubernetes import Form, Mode
from imagegen.knowledge.kubernetes_fields import FLAG_OF
from imagegen.knowledge.kubernetes_flags import BESIDE_CONFIG, LOGGING
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

_UNIT = "kube-proxy.service"
_FIELD_OF = {flag: path for path, flag in FLAG_OF.items()}
_FLAG = re.compile(r"(?:^|\s)--?([a-z][a-z0-9-]*)")
_CONTINUED = re.compile(r"\\\s*\n\s*")
# keepalived.conf(5): `virtual_server ADDRESS PORT {`, and `ADDRESS[-RANGE] PORT` within a group
_VIRTUAL_SERVER = re.compile(r"^\s*virtual_server\s+([0-9a-fA-F.:]+)\s+[0-9]+", re.M)
_GROUP = re.compile(r"^\s*virtual_server_group\s+\S+\s*\{([^}]*)\}", re.M)
_MEMBER = re.compile(r"^\s*([0-9a-fA-F.:]+)(?:-[0-9a-fA-F]+)?\s+[0-9]+", re.M)


def unit_flags(profile: Profile) -> Iterator[Problem]:
    """With --config, the file replaces nearly every flag without a word (kubernetes 107156)."""
    if form_of(profile) is not Form.CONFIG:
        return
    for index, unit in enumerate(profile.os.units):
        for number, drop_in in enumerate(unit.drop_ins if unit.name == _UNIT else ()):
            where = ("os", "units", index, "dropIns", number, "content")
            yield from _without_effect(drop_in.content, where)


def _without_effect(text: str, where: tuple[str | int, ...]) -> Iterator[Problem]:
    for line in _CONTINUED.sub(" ", text).splitlines():
        key, _, command = line.partition("=")
        found = _FLAG.findall(command) if key.strip() == "ExecStart" else []
        lost = [flag for flag in found if flag not in BESIDE_CONFIG | LOGGING]
        if "config" in found and lost:
            yield Problem(where, f"{' and '.join(f'--{flag}' for flag in lost)} will have no "
                          "effect: beside --config kube-proxy reads the file alone",
                          f"say it in the profile: {', '.join(map(_place, lost))}",
                          rule="kube-proxy-flag-no-effect")


def _place(flag: str) -> str:
    return f"kubeProxy.config.{_FIELD_OF[flag]}" if flag in _FIELD_OF else "kubeProxy.config"


def foreign_virtual_servers(profile: Profile) -> Iterator[Problem]:
    """keepalived's virtual servers live until kube-proxy's next sync (kube-proxy issue 6)."""
    config = profile.kube_proxy.config
    if config.mode is not Mode.IPVS:
        return
    kept = [ipaddress.ip_network(cidr) for cidr in config.ipvs.exclude_cidrs]
    for index, file in enumerate(profile.os.files):
        if not file.path.startswith("/etc/keepalived/"):
            continue
        for address in _virtual_servers(file.data.decode("utf-8", "replace")):
            if not any(address.version == net.version and address in net for net in kept):
                yield Problem(("os", "files", index, "path"), f"{file.path} makes a virtual "
                              f"server on {address}, which kube-proxy deletes: it is not within "
                              "ipvs.excludeCIDRs", f"add {address}/{address.max_prefixlen} to "
                              "kubeProxy.config.ipvs.excludeCIDRs", rule="ipvs-foreign-server",
                              severity=Severity.WARNING)


def _virtual_servers(text: str) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Each address once, in the order of the file; marks have none."""
    plain = re.sub(r"[#!].*", "", text)
    groups = (row for group in _GROUP.findall(plain) for row in _MEMBER.findall(group))
    for word in dict.fromkeys([*_VIRTUAL_SERVER.findall(plain), *groups]):
        try:
            yield ipaddress.ip_address(word)
        except ValueError:
            continue
