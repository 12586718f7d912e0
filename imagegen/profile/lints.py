"""What no single field can know: a profile that reads well and still cannot work."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from imagegen.knowledge import kubernetes
from imagegen.knowledge.distributions import RELEASES, Release, release_of
from imagegen.knowledge.kubernetes import Form, Version
from imagegen.knowledge.modules import CONNTRACK, CONNTRACK_OLD
from imagegen.profile.fields import shown
from imagegen.profile.model import Profile
from imagegen.profile.paths import path_problems
from imagegen.profile.problem import Problem

_CONFIG = ("kubeProxy", "config")


def lint(profile: Profile) -> list[Problem]:
    """All findings of all lints."""
    return [problem for check in (_release, _versions, _scheduler, _form, _ranges, _api_servers,
                                  _mirrors, _paths, _modules, _sysctls)
            for problem in check(profile)]


def _known_release(profile: Profile) -> Release | None:
    return release_of(profile.os.distribution, profile.os.release)


def _release(profile: Profile) -> Iterator[Problem]:
    if _known_release(profile) is None:
        known = ", ".join(f'{distribution} "{release}"' for distribution, release in RELEASES)
        yield Problem(("os", "release"), f"{profile.os.distribution} {shown(profile.os.release)} "
                      "is not known to imagegen", f"this version knows {known}")


def _versions(profile: Profile) -> Iterator[Problem]:
    version = Version.parse(profile.kube_proxy.version)
    path = ("kubeProxy", "version")
    if version < kubernetes.OLDEST:
        yield Problem(path, f"kube-proxy {profile.kube_proxy.version} is older than imagegen knows",
                      "use 1.20.0 or newer")
    if version >= kubernetes.IPVS_GONE_FROM:
        yield Problem(path, "IPVS mode was removed from kube-proxy in 1.43 (KEP-5495)",
                      "stay below 1.43, or plan the move to nftables mode")


def _scheduler(profile: Profile) -> Iterator[Problem]:
    scheduler = profile.kube_proxy.config.ipvs.scheduler
    old = Version.parse(profile.kube_proxy.version) < kubernetes.ANY_SCHEDULER_FROM
    if old and scheduler.value not in kubernetes.OLD_SCHEDULERS:
        yield Problem((*_CONFIG, "ipvs", "scheduler"),
                      f"kube-proxy {profile.kube_proxy.version} does not know the scheduler "
                      f"{scheduler} and would not start",
                      f"use 1.27 or newer, or one of: {', '.join(kubernetes.OLD_SCHEDULERS)}")


def form_of(profile: Profile) -> Form:
    """The form asked for, or the one that fits the version."""
    if profile.kube_proxy.form is not None:
        return profile.kube_proxy.form
    old = Version.parse(profile.kube_proxy.version) < kubernetes.FLAGS_FORM_BEFORE
    return Form.FLAGS if old else Form.CONFIG


def _form(profile: Profile) -> Iterator[Problem]:
    old = Version.parse(profile.kube_proxy.version) < kubernetes.FLAGS_FORM_BEFORE
    if profile.kube_proxy.form is Form.FLAGS and not old:
        yield Problem(("kubeProxy", "form"),
                      f"kube-proxy {profile.kube_proxy.version} no longer takes the recipe's "
                      "flags: klog's were removed in 1.26 and stop it at start",
                      "remove `form: flags`; the configuration file is the default from 1.26 on")


def _ranges(profile: Profile) -> Iterator[Problem]:
    cluster = profile.cluster
    services, pods = (ipaddress.ip_network(c) for c in (cluster.service_cidr, cluster.pod_cidr))
    if services.num_addresses < 4:
        yield Problem(("cluster", "serviceCIDR"),
                      f"the service range {services} is too small for a cluster",
                      "give it the range that the API server has (--service-cluster-ip-range)")
    if services.version == pods.version and services.overlaps(pods):
        yield Problem(("cluster", "podCIDR"),
                      f"the pod range {pods} and the service range {services} overlap, so "
                      "kube-proxy and the network plugin would claim the same addresses",
                      "take both from the cluster: the API server's and the network plugin's")


def _api_servers(profile: Profile) -> Iterator[Problem]:
    services = ipaddress.ip_network(profile.cluster.service_cidr)
    for index, server in enumerate(profile.cluster.api_servers):
        host = ipaddress.ip_address(server.rpartition(":")[0].strip("[]"))
        if host.version == services.version and host in services:
            yield Problem(("cluster", "apiServers", index),
                          f"the API server {server} lies inside the service range {services}",
                          "name the API servers' own addresses, not the `kubernetes` service's")
        if server in profile.cluster.api_servers[:index]:
            yield Problem(("cluster", "apiServers", index), f"{server} stands here twice",
                          "keep one of them")


def _mirrors(profile: Profile) -> Iterator[Problem]:
    base = profile.image.base
    for key, url in (("mirror", base.mirror), ("securityMirror", base.security_mirror)):
        odd = sorted({char for char in url if char in "@?#()*;$&!"})
        if odd:
            yield Problem(("image", "base", key), f"the mirror's URL holds {' '.join(odd)}, which "
                          "apt's sources do not take, and no credentials may be baked in",
                          "name a mirror by its plain http(s) address")


def _paths(profile: Profile) -> Iterator[Problem]:
    yield from path_problems(profile, form_of(profile), _known_release(profile))


def _modules(profile: Profile) -> Iterator[Problem]:
    release = _known_release(profile)
    for index, name in enumerate(profile.os.modules):
        if release and name.replace("-", "_") == CONNTRACK_OLD and release.conntrack == CONNTRACK:
            yield Problem(("os", "modules", index), f"{name} is not in the kernel of "
                          f"{release.distribution} {release.release}: it is part of {CONNTRACK}",
                          f"remove it; imagegen loads {CONNTRACK}")


# The recipe's values are what makes IPVS work; turning one off is not a setting but a fault.
NEEDED_SYSCTLS = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1",
                  "net.bridge.bridge-nf-call-ip6tables": "1"}


def set_by_kube_proxy(profile: Profile) -> dict[str, str]:
    """The sysctls that kube-proxy sets at its start (pkg/proxy/ipvs/proxier.go, NewProxier)."""
    wanted = {"net.ipv4.vs.conntrack": "1", "net.ipv4.vs.expire_nodest_conn": "1",
              "net.ipv4.vs.expire_quiescent_template": "1"}
    if profile.kube_proxy.config.ipvs.strict_arp:
        wanted |= {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"}
    return wanted


def dotted(key: str) -> str:
    """A sysctl's key in its usual form; sysctl.d(5) takes slashes as well."""
    return key.replace("/", ".")


def _sysctls(profile: Profile) -> Iterator[Problem]:
    seen: set[str] = set()
    for key, value in profile.os.sysctls.items():
        path, name = ("os", "sysctls", key), dotted(key)
        if name in seen:
            yield Problem(path, f"{key} is another spelling of a key that stands above",
                          "keep one of them", of_key=True)
        if not value.strip() or value != value.strip() or value.startswith(("=", "#", ";")):
            yield Problem(path, f"the value of {key} is empty, or begins or ends "
                          "with what sysctl.d would drop", "write the bare value")
        yield from _needed(profile, path, name, value)
        seen.add(name)


def _needed(profile: Profile, path: tuple[str, ...], name: str, value: str) -> Iterator[Problem]:
    needed = NEEDED_SYSCTLS.get(name, value)
    if value != needed:
        yield Problem(path, f"{name} = {value} breaks a node in IPVS mode",
                      f"remove the line; imagegen sets it to {needed}")
    if name in set_by_kube_proxy(profile):
        yield Problem(path, f"kube-proxy sets {name} itself when it starts, so a line for it says "
                      "nothing", "remove the line", of_key=True)
