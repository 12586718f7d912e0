"""What a profile puts where on the node, and whether all of that can be there at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from imagegen.knowledge.distributions import Manager, Release
from imagegen.knowledge.distributions.clocks import TIMESYNCD
from imagegen.knowledge.kubernetes import Form
from imagegen.knowledge.paths import (
    DNF_MAIN,
    FLEETING,
    KUBE_PROXYS,
    OWN,
    mirror_key,
    one_name,
    within,
)
from imagegen.profile.gate import Gate
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.root import containerd_in_memory
from imagegen.profile.lints.units import UNIT_FOLDERS, proxied, units_of_ours
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Swap
from imagegen.profile.node_files import UnitState
from imagegen.profile.problem import Problem, name_of

_WANTS = "/etc/systemd/system/multi-user.target.wants"
# A folder's claim is a name within it: a file beside that name is no clash.
_FOLDER = "/."


@dataclass(frozen=True, slots=True)
class _Claim:
    """A path on the node, and the profile's value that asks for it."""

    path: str
    asked: tuple[str | int, ...]
    baked: bool = True

    @property
    def place(self) -> str:
        return one_name(self.path)

    @property
    def shown(self) -> str:
        return self.path.removesuffix(_FOLDER)

    @property
    def name(self) -> str:
        return name_of(self.asked)


def path_problems(profile: Profile, form: Form, release: Release | None) -> Iterator[Problem]:
    """Each path once, none of imagegen's, none that does not last, no file where a folder is."""
    masked = tuple(unit for unit, _ in (release.masked if release else ()))
    own = _own(masked if profile.os.swap is not Swap.OFF else (*masked, "swap.target"),
               () if profile.kube_proxy.by_unit else KUBE_PROXYS)
    ours = units_of_ours(profile)
    claims = _claims(profile, form)
    for number, claim in enumerate(claims):
        yield from list(_owned(claim, own)) or _shadows(claim, ours)
        yield from _fleeting(claim)
        yield from _clashes(claim, claims[:number])


@cache
def _own(masked: tuple[str, ...], free: tuple[str, ...]) -> tuple[str, ...]:
    """imagegen's own paths and those of units that it masks, but for what is not there."""
    return (*(path for path in OWN if path not in free),
            *(f"/etc/systemd/system/{unit}" for unit in masked))


def claimed(profile: Profile, form: Form) -> list[str]:
    """Every path that the profile itself puts on the node, by the image or by a node's seed."""
    return [claim.shown for claim in _claims(profile, form)]


def _claims(profile: Profile, form: Form) -> list[_Claim]:
    proxy = profile.kube_proxy
    claims = [*(_of_unit(profile, form) if proxy.by_unit else ()), *_files_and_units(profile),
              *_derived(profile), *_of_the_check(profile)]
    if proxy.by_unit and proxy.working_directory is not None:
        claims.append(_Claim(f"{proxy.working_directory}{_FOLDER}",
                             ("kubeProxy", "workingDirectory"), baked=False))
    return claims


def _of_unit(profile: Profile, form: Form) -> Iterator[_Claim]:
    proxy = profile.kube_proxy
    yield _Claim(proxy.path, ("kubeProxy", "path"))
    yield _Claim(proxy.kubeconfig, ("kubeProxy", "kubeconfig"), baked=False)
    if form is Form.CONFIG:
        yield _Claim(proxy.config_file, ("kubeProxy", "configFile"))


def _files_and_units(profile: Profile) -> Iterator[_Claim]:
    for index, file in enumerate(profile.os.files):
        yield _Claim(file.path, ("os", "files", index, "path"))
    for index, unit in enumerate(profile.os.units):
        asked, path = ("os", "units", index), f"/etc/systemd/system/{unit.name}"
        if unit.content is not None or unit.state is UnitState.MASKED:
            yield _Claim(path, (*asked, "name"))
        for number, drop_in in enumerate(unit.drop_ins):
            yield _Claim(f"{path}.d/{drop_in.name}.conf", (*asked, "dropIns", number, "name"))


def _of_the_check(profile: Profile) -> Iterator[_Claim]:
    """A kubeconfig of the check's own; it may share kube-proxy's or the kubelet's."""
    api, kubelet = profile.check.api, profile.os.kubelet
    shared = {profile.kube_proxy.kubeconfig, kubelet.kubeconfig if kubelet else None}
    if api is not None and api.kubeconfig is not None and api.kubeconfig not in shared:
        yield _Claim(api.kubeconfig, ("check", "api", "kubeconfig"), baked=False)


def _derived(profile: Profile) -> Iterator[_Claim]:
    """What imagegen writes because a field of the profile asks for it."""
    os, release = profile.os, known_release(profile)
    anchors = release.trust.folder if release else ""
    for index, user in enumerate(os.users):
        asked = ("os", "users", index, "name")
        if user.ssh_keys:
            yield _Claim(f"/etc/ssh/authorized_keys.d/{user.name}", asked)
        if user.sudo:
            yield _Claim(f"/etc/sudoers.d/imagegen-{user.name}", asked)
    for index, entry in enumerate(os.ca_certificates):
        yield _Claim(f"{anchors}/imagegen-{entry.name}.crt",
                     ("os", "caCertificates", index, "name"))
    for index, mirror in enumerate(os.package_mirrors):
        if mirror.key is not None:
            yield _Claim(mirror_key(release.manager if release else Manager.APT, index),
                         ("os", "packageMirrors", index, "key"))
    if os.proxy:
        yield from (_Claim(path, ("os", "proxy")) for path in _proxys(profile, release))
    if os.containerd:
        yield _Claim("/etc/containerd/config.toml", ("os", "containerd"))
        yield _Claim(f"{_WANTS}/containerd.service", ("os", "containerd"))
        if release and release.containerd.told:
            yield _Claim("/etc/systemd/system/containerd.service.d/20-imagegen-config.conf",
                         ("os", "containerd"))
    if containerd_in_memory(profile):
        yield _Claim("/usr/lib/systemd/system/var-lib-containerd.mount", ("os", "containerd"))
        yield _Claim("/etc/systemd/system/local-fs.target.requires/var-lib-containerd.mount",
                     ("os", "containerd"))
    if os.time_servers:
        yield from (_Claim(path, ("os", "timeServers")) for path in _clocks(release))
    yield from _kubelets(profile)


def _proxys(profile: Profile, release: Release | None) -> list[str]:
    """apt's own file is imagegen's on every node."""
    drop_ins = [f"/etc/systemd/system/{unit}.d/90-imagegen-proxy.conf"
                for unit in proxied(profile)]
    return [*drop_ins, *([DNF_MAIN] if release and release.manager is Manager.DNF else [])]


def _clocks(release: Release | None) -> list[str]:
    """timesyncd's own file is imagegen's on every node."""
    links = [f"{clock.wants}/{clock.unit}" for clock in
             (TIMESYNCD, *([release.chrony] if release else ()))]
    return [*links, *([release.chrony.path] if release else ())]


def _kubelets(profile: Profile) -> Iterator[_Claim]:
    kubelet = profile.os.kubelet
    if kubelet is not None:
        unit = "/usr/lib/systemd/system/kubelet.service"
        yield _Claim(unit, ("os", "kubelet"))
        yield _Claim(f"{unit}.d/10-kubeadm.conf", ("os", "kubelet"))
        yield _Claim(f"{_WANTS}/kubelet.service", ("os", "kubelet"))
        if profile.check.gate is Gate.KUBELET:
            yield _Claim(f"{unit}.d/20-imagegen-gate.conf", ("check", "gate"))
        yield _Claim(kubelet.program, ("os", "kubelet", "program"))
        yield _Claim(kubelet.kubeconfig, ("os", "kubelet", "kubeconfig"), baked=False)
        yield _Claim(kubelet.config_file, ("os", "kubelet", "configFile"), baked=False)


def _owned(claim: _Claim, own: tuple[str, ...]) -> Iterator[Problem]:
    if _touches(claim.place, own):
        yield Problem(claim.asked, f"{claim.shown} is written by imagegen itself, or is a folder "
                      "that it writes in", "choose another path", rule="path-of-imagegen")


@lru_cache(1024)  # most profiles claim the same places
def _touches(place: str, own: tuple[str, ...]) -> bool:
    return any(within(place, path) or within(path, place) for path in own)


def _shadows(claim: _Claim, ours: frozenset[str]) -> Iterator[Problem]:
    folder, _, name = claim.place.rpartition("/")
    if folder in UNIT_FOLDERS and name in ours:
        yield Problem(claim.asked, f"{claim.shown} would take the place of imagegen's own {name}, "
                      "since systemd reads it first", f"change it by a drop-in: os.units with "
                      f"`name: {name}` and `dropIns`", rule="node-unit-ours")


def _fleeting(claim: _Claim) -> Iterator[Problem]:
    if not claim.baked:
        return
    if why := _does_not_last(claim.place):
        yield Problem(claim.asked, f"{claim.shown} would not stay as it was baked: {why}",
                      "choose another path, or bring the file with the node's seed",
                      rule="path-fleeting")
    elif claim.place.startswith("/etc/ssh/ssh_host_"):
        yield Problem(claim.asked, f"{claim.shown} is a host key: every node makes its own",
                      "remove it", rule="path-host-key")


@lru_cache(1024)
def _does_not_last(place: str) -> str:
    return next((why for folder, why in FLEETING.items() if within(place, folder)), "")


def _clashes(claim: _Claim, before: list[_Claim]) -> Iterator[Problem]:
    for other in before:
        if claim.place == other.place:
            yield Problem(claim.asked, f"{claim.shown} is written twice (also by {other.name})",
                          "keep one of them", rule="path-twice")
        elif within(claim.place, other.place) or within(other.place, claim.place):
            yield Problem(claim.asked, f"{claim.shown} and {other.shown} ({other.name}) cannot "
                          "both be there: one is a file where the other needs a folder",
                          "choose another path", rule="path-clash")
