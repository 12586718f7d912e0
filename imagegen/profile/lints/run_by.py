"""Who runs kube-proxy: what has no effect with which, and what kubeadm would refuse."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from imagegen.knowledge import kubeadm
from imagegen.knowledge.kubernetes import Form, RunBy, Version, allowed_skew
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.profile.lints.kube_proxy_fields import fields_set
from imagegen.profile.lints.units import KUBE_PROXY
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

# the unit's own: field -> where it is said with kubeadm, if it can be said at all
_OF_UNIT = {
    "form": "kubeadm's DaemonSet reads a configuration file",
    "binary": "the program is in the image that kubeadm takes by kubeProxy.version",
    "path": "the program is in the container",
    "workingDirectory": "a container has its own",
    "kubeconfig": "the DaemonSet's service account has one",
    "configFile": "the ConfigMap kube-proxy of kube-system holds it",
    "verbosity": "from 1.28 on `config.logging.verbosity` says it",
}
# the check expects these of whoever runs kube-proxy
_EXPECTED = ("mode", "metricsBindAddress", "ipvs.scheduler", "ipvs.strictARP", "ipvs.excludeCIDRs",
             "featureGates")


def unit_fields(profile: Profile) -> Iterator[Problem]:
    """Fields of the image's own kube-proxy, where it has none."""
    proxy = profile.kube_proxy
    if proxy.by_unit:
        return
    given = proxy.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
    if proxy.form is Form.FLAGS:
        yield Problem(("kubeProxy", "form"), f"with runBy {proxy.run_by} imagegen gives kube-proxy "
                      "no flags", "remove the line", rule="kube-proxy-run-by-form")
    for name, why in _OF_UNIT.items():
        if name in given and (name != "form" or proxy.form is not Form.FLAGS):
            told = f": {why}" if proxy.run_by is RunBy.KUBEADM else ""
            yield _no_effect(("kubeProxy", name), f"kubeProxy.{name} has no effect with runBy "
                             f"{proxy.run_by}{told}", "remove it, or `runBy: systemd`")


def left_to_others(profile: Profile) -> Iterator[Problem]:
    """With runBy none nothing hands the configuration on; the check reads a part of it."""
    if profile.kube_proxy.run_by is not RunBy.NONE:
        return
    for path in fields_set(profile):
        if path not in _EXPECTED:
            yield _no_effect(("kubeProxy", "config", *path.split(".")), f"with runBy none imagegen "
                             f"writes no configuration, and its check does not look at {path}",
                             "remove it, and say it to what runs kube-proxy")


def cluster_fields(profile: Profile) -> Iterator[Problem]:
    """What only kubeadm is told."""
    if profile.kube_proxy.run_by is RunBy.KUBEADM:
        return
    cluster = profile.cluster
    asked = {"controlPlaneEndpoint": cluster.control_plane_endpoint is not None,
             # what is not sent through os.proxy depends on it, too
             "dnsDomain": cluster.dns_domain != kubeadm.DEFAULT_DNS_DOMAIN and not profile.os.proxy}
    for name, given in asked.items():
        if given:
            yield _no_effect(("cluster", name), f"cluster.{name} goes into kubeadm's documents, "
                             f"and runBy is {profile.kube_proxy.run_by}",
                             "remove it, or write `kubeProxy.runBy: kubeadm`")


def _no_effect(path: tuple[str, ...], what: str, hint: str) -> Problem:
    return Problem(path, what, hint, of_key=True, rule="kube-proxy-run-by-no-effect",
                   severity=Severity.WARNING)


def second_kube_proxy(profile: Profile) -> Iterator[Problem]:
    """A unit beside the DaemonSet fights with it for kube-proxy's ports and rules."""
    if profile.kube_proxy.run_by is not RunBy.KUBEADM:
        return
    for index, unit in enumerate(profile.os.units):
        if unit.name == KUBE_PROXY and unit.content is not None:
            yield Problem(("os", "units", index, "name"), f"{KUBE_PROXY} would run beside "
                          "kubeadm's DaemonSet: two kube-proxies want the same ports and undo each "
                          "other's rules", "remove it, or write `kubeProxy.runBy: none` and "
                          "leave kubeadm's out (`--skip-phases=addon/kube-proxy`)",
                          rule="kube-proxy-run-by-twice")


def kubeadm_ranges(profile: Profile) -> Iterator[Problem]:
    """Ranges that `kubeadm init` refuses."""
    if profile.kube_proxy.run_by is not RunBy.KUBEADM:
        return
    for text in profile.cluster.service_cidr.split(","):
        services = ipaddress.ip_network(text)
        bits = services.max_prefixlen - services.prefixlen
        if services.num_addresses < kubeadm.SMALLEST_SERVICE_RANGE or bits > kubeadm.SERVICE_BITS:
            largest = services.max_prefixlen - kubeadm.SERVICE_BITS
            yield _refused("serviceCIDR", f"the service range {services}", f"a prefix from "
                           f"/{largest} to /{services.max_prefixlen - 4}")
    for text in profile.cluster.pod_cidr.split(","):
        pods = ipaddress.ip_network(text)
        node = kubeadm.NODE_MASK[pods.version]
        if not node - kubeadm.NODES_BITS <= pods.prefixlen <= node:
            yield _refused("podCIDR", f"the pod range {pods}, of which each node gets a /{node}",
                           f"a prefix from /{node - kubeadm.NODES_BITS} to /{node}")


def _refused(name: str, what: str, wanted: str) -> Problem:
    return Problem(("cluster", name), f"kubeadm refuses {what}", f"give it {wanted}",
                   rule="kubeadm-range")


def version_skew(profile: Profile) -> Iterator[Problem]:
    """How far the kubelet may be from kube-proxy, and from the API server that kubeadm makes."""
    kubelet, proxy = profile.os.kubelet, version_of(profile)
    if kubelet is None:
        return
    own, path = Version.parse(kubelet.version), ("os", "kubelet", "version")
    apart, allowed = abs(own.minor - proxy.minor), allowed_skew(min(own, proxy))
    if profile.kube_proxy.run_by is RunBy.KUBEADM and (own.major, own.minor) > (
            proxy.major, proxy.minor):
        yield Problem(path, f"the kubelet {kubelet.version} is newer than the cluster that kubeadm "
                      f"makes ({profile.kube_proxy.version}), and a kubelet may never be newer "
                      "than its API server", f"use a kubelet of {proxy.minor_text}",
                      rule="kubernetes-version-skew")
    elif apart > allowed:
        yield Problem(path, f"the kubelet {kubelet.version} and kube-proxy "
                      f"{profile.kube_proxy.version} are {apart} minor versions apart, and "
                      f"Kubernetes allows {allowed}", f"use a kubelet of {proxy.minor_text}",
                      rule="kubernetes-version-skew", severity=Severity.WARNING)
