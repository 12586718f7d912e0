"""Others that keep virtual servers or addresses on the node beside kube-proxy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

import yaml

from imagegen.knowledge.kubernetes import Mode
from imagegen.knowledge.sysctls import dotted
from imagegen.profile.lints.inside import Inside, in_file
from imagegen.profile.model import Profile
from imagegen.profile.node_files import Unit
from imagegen.profile.problem import Problem, Severity

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Path = tuple[str | int, ...]
# keepalived.conf(5): `virtual_server ADDRESS PORT {`, and `ADDRESS[-RANGE] PORT` within a group
_VIRTUAL_SERVER = re.compile(r"^\s*virtual_server\s+([0-9a-fA-F.:]+)\s+[0-9]+", re.M)
_GROUP = re.compile(r"^\s*virtual_server_group\s+\S+\s*\{([^}]*)\}", re.M)
_MEMBER = re.compile(r"^\s*([0-9a-fA-F.:]+)(?:-[0-9a-fA-F]+)?\s+[0-9]+", re.M)
# ldirectord(8): `virtual=ADDRESS:PORT`
_SOCKET = r"(\[[0-9a-fA-F.:]+\]|[0-9.]+):[0-9]+"
_LDIRECTORD = re.compile(rf"^\s*virtual6?\s*=\s*{_SOCKET}", re.M)
# ipvsadm(8): -A or --add-service with -t, -u or their long forms; ipvsadm-save prints the same
_IPVSADM = re.compile(r"(?:^|\s)(?:-A|--add-service)\s+(?:-[tu]|--(?:tcp|udp)-service)[= ]\s*"
                      + _SOCKET)
_RULES = ("/etc/ipvsadm.rules", "/etc/sysconfig/ipvsadm")
_MANIFESTS = "/etc/kubernetes/manifests/"
# without its name, as it is or by an escape, a file is not worth reading as YAML
_SIGNS = ("kube-vip", "\\")
_ARP = ("net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_announce")


def foreign_virtual_servers(profile: Profile) -> Iterator[Problem]:
    """A virtual server of another's lives until kube-proxy's next sync (kube-proxy issue 6)."""
    config = profile.kube_proxy.config
    if config.mode is not Mode.IPVS:
        return
    kept = [ipaddress.ip_network(cidr) for cidr in config.ipvs.exclude_cidrs]
    for where, name, address in _makers(profile):
        if not any(address.version == net.version and address in net for net in kept):
            yield Problem(**where, what=f"{name} makes a virtual server on {address}, which "
                          "kube-proxy deletes: it is not within ipvs.excludeCIDRs",
                          hint=f"add {address}/{address.max_prefixlen} to "
                          "kubeProxy.config.ipvs.excludeCIDRs", rule="ipvs-foreign-server",
                          severity=Severity.WARNING)


def _makers(profile: Profile) -> Iterator[tuple[Inside, str, Address]]:
    """What makes virtual servers: its place in the profile, its name, and each address once."""
    for index, file in enumerate(profile.os.files):
        text = file.data.decode("utf-8", "replace")
        for address, at in _of_file(file.path, text).items():
            yield in_file(index, file, at), file.path, address
    for index, unit in enumerate(profile.os.units):
        for address, where in _of_unit(index, unit).items():
            yield where, unit.name, address


def _of_unit(index: int, unit: Unit) -> dict[Address, Inside]:
    texts: list[tuple[Path, str]] = [(("content",), unit.content or "")]
    texts += [(("dropIns", number, "content"), one.content)
              for number, one in enumerate(unit.drop_ins)]
    found: dict[Address, Inside] = {}
    for path, text in texts:
        for address, at in _addresses(_hits(_IPVSADM, _plain(text))).items():
            found.setdefault(address, Inside(path=("os", "units", index, *path), at=at))
    return found


def _of_file(path: str, text: str) -> dict[Address, int]:
    plain = _plain(text)
    if path.startswith("/etc/keepalived/"):
        groups = (hit for group in _GROUP.finditer(plain)
                  for hit in _hits(_MEMBER, group[1], group.start(1)))
        return _addresses([*_hits(_VIRTUAL_SERVER, plain), *groups])
    if path.startswith("/etc/ha.d/"):
        return _addresses(_hits(_LDIRECTORD, plain))
    if path in _RULES:
        return _addresses(_hits(_IPVSADM, plain))
    if path.startswith(_MANIFESTS):
        vips = [env.get("address") or env.get("vip_address", "")
                for env in _kube_vips(text) if env.get("lb_enable") == "true"]
        return _addresses([(max(text.find(vip), 0), vip) for vip in vips])
    return {}


def _hits(pattern: re.Pattern[str], text: str, start: int = 0) -> list[tuple[int, str]]:
    """Each match's first group, and where it stands."""
    return [(start + found.start(1), found[1]) for found in pattern.finditer(text)]


def _plain(text: str) -> str:
    """A text without its comments, every other character in its place."""
    return re.sub(r"(^|\s)[#!].*", lambda found: found[1] + " " * (len(found[0]) - len(found[1])),
                  text)


def _addresses(words: list[tuple[int, str]]) -> dict[Address, int]:
    """Each address once, in order, and where it stands; marks and names have none."""
    found: dict[Address, int] = {}
    for at, word in words:
        try:
            found.setdefault(ipaddress.ip_address(word.strip("[]").partition("/")[0]), at)
        except ValueError:
            continue
    return found


def _kube_vips(text: str) -> list[dict[str, str]]:
    """The environments of a static pod's containers that run kube-vip."""
    if not any(sign in text for sign in _SIGNS):
        return []
    return [{str(one.get("name")): str(one.get("value", "")).strip()
             for one in container.get("env") or () if isinstance(one, dict)}
            for container in _containers(text) if "kube-vip" in str(container.get("image"))]


def _containers(text: str) -> list[dict[str, Any]]:
    try:
        pod = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    spec = pod.get("spec") if isinstance(pod, dict) else None
    given = spec.get("containers") if isinstance(spec, dict) else None
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def strict_arp(profile: Profile) -> Iterator[Problem]:
    """Who announces addresses by ARP wants every other node to be silent (metallb issue 153)."""
    config = profile.kube_proxy.config
    silent = {dotted(key) for key in profile.os.sysctls} >= set(_ARP)
    if config.mode is not Mode.IPVS or config.ipvs.strict_arp or silent:
        return
    for index, file in enumerate(profile.os.files):
        text = file.data.decode("utf-8", "replace")
        arp = any(env.get("vip_arp") == "true" for env in _kube_vips(text))
        speaker = re.search(r"^\s*-?\s*(image:\s*\S*metallb/speaker)", text, re.M)
        who = "kube-vip" if arp else "MetalLB" if speaker else ""
        if who:
            at = text.find("vip_arp") if arp else speaker.start(1) if speaker else 0
            yield Problem(**in_file(index, file, at), what=f"{who} announces addresses by ARP, and "
                          "in IPVS mode every node answers for them, since kube-ipvs0 has them all",
                          hint="write `strictARP: true` under kubeProxy.config.ipvs",
                          rule="ipvs-strict-arp", severity=Severity.WARNING)
