"""A node's files to a commented profile, and the notes on what could not come along."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imagegen.adopt.cluster_files import cluster_said
from imagegen.adopt.cluster_guess import fill_in_cluster
from imagegen.adopt.extent import tell_extent
from imagegen.adopt.foreign import os_of_foreign
from imagegen.adopt.kube_proxy import Proxy, adopted_proxy
from imagegen.adopt.modules import Modules, adopted_modules, beyond
from imagegen.adopt.notes import Note, Notes
from imagegen.adopt.ours import Ours
from imagegen.adopt.ours_cluster import cluster_of
from imagegen.adopt.ours_os import os_of
from imagegen.adopt.ours_rest import gated, of_image, tell_differences, without_defaults
from imagegen.adopt.outside import fill_in
from imagegen.adopt.packages import installed
from imagegen.adopt.pods import launch_elsewhere, launch_of_file
from imagegen.adopt.repair import passing
from imagegen.adopt.run_by import without_unit
from imagegen.adopt.runtime import official
from imagegen.adopt.sysctls import adopted_sysctls
from imagegen.adopt.system import adopted_system
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import launch
from imagegen.adopt.version import version_of
from imagegen.adopt.write import profile_lines
from imagegen.knowledge.families import Family
from imagegen.knowledge.kubernetes import Mode
from imagegen.plan.kernel import IPVS_MODULES, wanted_modules
from imagegen.plan.work_out import release_for
from imagegen.profile.check import check_bytes
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.lints.pins import RULE as PLACEHOLDER
from imagegen.profile.model import Profile
from imagegen.profile.problem import Finding

# written out whether they are known or guessed: a default that nobody sees is taken for a fact
_GUESSES = (("cluster", "nodePortRange"), ("cluster", "podCIDR"), ("cluster", "serviceCIDR"),
            ("os", "release"), ("os", "distribution"))
# by whether it is IPv6
_GUESSED_PODS = ("10.244.0.0/16", "fd00:10:244::/56")
HEAD = ("Adopted by imagegen from a node's files. Read the notes, then check it with `imagegen "
        "check` and look at what it renders.",)
# as kind has it; a node knows the pods' range alone
_IPV6_SERVICES = "fd00:10:96::/112"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What no file of a node says, from the command line; None and empty: not given."""

    kubernetes: str | None = None
    name: str | None = None
    service_cidr: str | None = None
    pod_cidr: str | None = None
    api_servers: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    node_ports: str | None = None
    # kube-proxy's own file or a dump of its ConfigMap: where it lies, and its text
    kube_proxy: tuple[str, str] | None = None
    base_image: str | None = None
    base_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Adopted:
    """The profile, its text, and the notes."""

    profile: Profile
    text: str
    notes: tuple[Note, ...]
    # what `check` refuses of the text, read back: places to be filled in, and what adopt got wrong
    refused: tuple[Finding, ...] = ()

    @property
    def only_places(self) -> bool:
        """Whether all that is refused are places to be filled in."""
        return all(found.rule == PLACEHOLDER for found in self.refused)


def adopt(files: Files, wishes: Wishes) -> Adopted:
    """The profile that reproduces a node. Raises InputError where the files do not suffice."""
    notes, ours = Notes(), Ours(files)
    data = _first(files, wishes, ours, notes)
    fill_in(data, notes, wishes.base_image, wishes.base_sha256)
    profile = passing(data, notes)
    if ours:
        without_defaults(data, profile)
        data["os"] = {**data.get("os", {}), **os_of(ours, files, profile, notes)}
        data["check"] = {**data.get("check", {}), **gated(ours)}
        _recipes_file(data, profile, files)
    else:
        _of_system(data, profile, files, wishes, notes)
    profile = _without_form(passing(data, notes))
    if ours:
        tell_differences(ours, profile, notes)
    for path, size in files.too_large.items():
        notes.add(f"{path} is not read: {size} bytes are more than a file of settings has")
    if not ours:
        tell_extent(files, notes)
    shown = _shown(profile, [] if ours else _GUESSES)
    text = "".join(f"{line.text}\n" for line in profile_lines(shown, HEAD, notes.found))
    return Adopted(profile, text, tuple(notes.found), _refused(text))


def _refused(text: str) -> tuple[Finding, ...]:
    """What the reader of profiles says of the text, as `imagegen check` reads it."""
    return tuple(check_bytes("the adopted profile", text.encode()).errors)


def _shown(profile: Profile, guesses: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the profile's file has to say: not the defaults, but for those that mean something else
    where nobody says them, and those that stand there for want of better (`guesses`)."""
    shown = profile.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    whole = profile.model_dump(mode="json", by_alias=True, include={"os", "cluster"})
    for section, key in guesses:
        shown[section] = {key: whole[section][key], **shown.get(section, {})}
    shown = {key: shown[key] for key in ("apiVersion", "kind", "metadata", "os", "cluster")
             if key in shown} | shown
    config = profile.kube_proxy.config
    said = config.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    kept = [*(["healthzBindAddress"] if Family.IPV6 in profile.cluster.families else []),
            *([] if config.mode is Mode.IPVS else ["ipvs", "iptables"])]
    if more := {name: said[name] for name in kept if said.get(name)}:
        shown["kubeProxy"]["config"] = {**shown["kubeProxy"].get("config", {}), **more}
    return shown


def _first(files: Files, wishes: Wishes, ours: Ours, notes: Notes) -> dict[str, Any]:
    """All but modules and packages: which of those are worth naming depends on the rest."""
    started = launch(files, notes, drop_ins=not ours)
    if started is None and not ours:
        started = launch_elsewhere(files, notes)
    if wishes.kube_proxy is not None:
        started = launch_of_file(*wishes.kube_proxy, started)
    given = wishes.kubernetes or ours.version
    version = version_of(files, started, given, notes)
    proxy = (adopted_proxy(started, files, notes, ours=bool(ours)) if started
             else without_unit(files, ours, notes))
    by_unit = started is not None and started.config is None
    form = {"form": "config" if proxy.from_file else "flags"} if by_unit else {}
    return {
        "apiVersion": "imagegen/v1alpha1", "kind": "ClusterProfile",
        "metadata": {"name": wishes.name or ours.release.get("NAME") or "adopted",
                     "description": ours.release.get("DESCRIPTION") or None},
        "os": adopted_system(files, ours.release, notes),
        "cluster": _cluster(wishes, ours, files, proxy, notes),
        "kubeProxy": {"version": version, **form, **proxy.own, "config": proxy.config,
                      "binary": _binary(ours, notes)},
        **of_image(ours, files),
    }


def _binary(ours: Ours, notes: Notes) -> dict[str, Any]:
    """imagegen builds kube-proxy itself, unless its bytes were pinned."""
    expect = ours.by_name("binary.").get("kube-proxy", {})
    if not expect.get("sha256"):
        return {}
    notes.add("the image does not say where its kube-proxy came from; the profile names "
              "Kubernetes's own download of that version, and the sha256 that the old one had",
              "kubeProxy", "binary")
    found = official("kube-proxy", expect)
    del found["version"]
    return found


def _cluster(wishes: Wishes, ours: Ours, files: Files, proxy: Proxy,
             notes: Notes) -> dict[str, Any]:
    """The cluster's addresses, as far as a node knows them.

    A single clusterCIDR is the pods' range, which a profile keeps under `cluster`.
    """
    pods = proxy.config.get("clusterCIDR")
    cluster = cluster_of(ours, files, wishes.pod_cidr or pods, notes) if ours else {}
    given = {"serviceCIDR": wishes.service_cidr, "podCIDR": wishes.pod_cidr,
             "apiServers": list(wishes.api_servers), "nodePortRange": wishes.node_ports}
    said = {} if ours else cluster_said(files, notes)
    cluster |= {key: one.value for key, one in said.items()}
    cluster |= {key: value for key, value in given.items() if value}
    if ours and pods is None:
        _guess_pods(cluster, notes)
    if "serviceCIDR" not in cluster and isinstance(pods, str) and _ipv6_alone(pods):
        notes.add(f"the pods have IPv6 alone, so services do, too; that their range is "
                  f"{_IPV6_SERVICES} is a guess", "cluster", "serviceCIDR")
        cluster["serviceCIDR"] = _IPV6_SERVICES
    if not {"podCIDR"} & {*said, *cluster} and isinstance(pods, str) and _fits(
            pods, cluster, notes):
        cluster["podCIDR"] = pods
    if not ours:
        cluster = fill_in_cluster(cluster, files, notes)
    if pods is not None and isinstance(pods, str) and pods == cluster.get("podCIDR"):
        del proxy.config["clusterCIDR"]
    return cluster


def _ipv6_alone(pods: str) -> bool:
    try:
        return ipaddress.ip_network(pods).version == 6
    except ValueError:
        return False


def _guess_pods(cluster: dict[str, Any], notes: Notes) -> None:
    """Services of IPv6 need pods of it, and no file of an image without kube-proxy says theirs."""
    services = cluster.get("serviceCIDR", "")
    if ":" in services and "podCIDR" not in cluster:
        cluster["podCIDR"] = ",".join(_GUESSED_PODS[":" in part] for part in services.split(","))
        notes.add("no file of the image says the pods' ranges: those here are a guess, write them "
                  "as the network plugin has them", "cluster", "podCIDR")


def _fits(pods: str, cluster: dict[str, Any], notes: Notes) -> bool:
    """Whether ranges can be the pods': one a family, and none of the services' addresses."""
    from imagegen.profile.cluster import Cluster, networks

    services = cluster.get("serviceCIDR") or Cluster().service_cidr
    try:
        own, others = networks(pods), networks(services)
    except ValueError:
        return False
    if not {one.version for one in others} <= {one.version for one in own}:
        return False
    if any(one.version == other.version and one.overlaps(other) for one in own for other in others):
        notes.add(f"kube-proxy's cluster CIDR {pods} lies in the service range {services}: "
                  "kube-proxy means the pods' range by it. It is kept as it was run",
                  "kubeProxy", "config", "clusterCIDR")
        return False
    return True


def _of_system(data: dict[str, Any], profile: Profile, files: Files, wishes: Wishes,
               notes: Notes) -> None:
    """Sysctls and modules beyond what every image of the release has, and all other fields."""
    release, modules = release_for(profile), adopted_modules(files, notes)
    packages = dict.fromkeys(wishes.packages, "") or installed(files)
    data["os"] = {
        **data.get("os", {}),
        "sysctls": adopted_sysctls(files, notes),
        "modules": beyond(modules, {one.name for one in wanted_modules(profile, release)}, notes),
        **os_of_foreign(files, profile, packages, notes),
    }
    _recipes_file(data, profile, files)
    _scheduler(profile, modules, notes)


def _recipes_file(data: dict[str, Any], profile: Profile, files: Files) -> None:
    if files.read(IPVS_MODULES) is not None and not release_for(profile).reads_ipvs_modules:
        data["os"]["ipvsModulesFile"] = "always"


def _scheduler(profile: Profile, modules: Modules, notes: Notes) -> None:
    """H07: kube-proxy of the old node found no module of its scheduler, unless by luck."""
    scheduler = profile.kube_proxy.config.ipvs.scheduler
    if scheduler.module not in {one.name for one in modules.asked}:
        notes.add(f"no file of the old node loads {scheduler.module}, which the scheduler "
                  f"{scheduler} needs; imagegen loads it", "kubeProxy", "config")


def _without_form(profile: Profile) -> Profile:
    """The form is said only where the version alone would choose another."""
    proxy = profile.kube_proxy
    unsaid = profile.model_copy(update={"kube_proxy": proxy.model_copy(update={"form": None})})
    return unsaid if form_of(unsaid) == form_of(profile) else profile
