"""What no single field can know: a profile that reads well and still cannot work."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from imagegen.knowledge import kubernetes
from imagegen.knowledge.distributions import release_of
from imagegen.knowledge.kubernetes import Form, Version
from imagegen.profile.model import Profile


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding: the path of the value at fault, what is wrong and what to do."""

    path: tuple[str | int, ...]
    what: str
    hint: str


def lint(profile: Profile) -> list[Problem]:
    """All findings of all lints."""
    return [problem for check in (_release, _versions, _form, _ranges, _files, _sysctls)
            for problem in check(profile)]


def _release(profile: Profile) -> Iterator[Problem]:
    if release_of(profile.os.distribution, profile.os.release) is None:
        yield Problem(("os", "release"),
                      f"{profile.os.distribution} {profile.os.release} is not known to imagegen",
                      'this version knows debian "12"')


def _versions(profile: Profile) -> Iterator[Problem]:
    version = Version.parse(profile.kube_proxy.version)
    path = ("kubeProxy", "version")
    if version < kubernetes.OLDEST:
        yield Problem(path, f"kube-proxy {profile.kube_proxy.version} is older than imagegen knows",
                      "use 1.20.0 or newer")
    if version >= kubernetes.IPVS_GONE_FROM:
        yield Problem(path, "IPVS mode was removed from kube-proxy in 1.43 (KEP-5495)",
                      "stay below 1.43, or plan the move to nftables mode")


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
                      f"kube-proxy {profile.kube_proxy.version} no longer takes the recipe's flags: "
                      "klog's were removed in 1.26 and stop it at start",
                      "remove `form: flags`; the configuration file is the default from 1.26 on")


def _ranges(profile: Profile) -> Iterator[Problem]:
    given = profile.kube_proxy.config.cluster_cidr
    if given is None:
        return
    try:
        networks = [ipaddress.ip_network(part) for part in given.split(",")]
    except ValueError as error:
        yield Problem(("kubeProxy", "config", "clusterCIDR"), f"clusterCIDR: {error}",
                      "write one range, or one of each family separated by a comma without blanks")
        return
    if len({network.version for network in networks}) != len(networks):
        yield Problem(("kubeProxy", "config", "clusterCIDR"),
                      "clusterCIDR has two ranges of one address family",
                      "kube-proxy takes at most one IPv4 and one IPv6 range")


# What imagegen writes or needs as it is; a user's file there would make the image lie.
OURS = ("/usr/lib/imagegen/", "/etc/imagegen")


def _files(profile: Profile) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    reserved = {profile.kube_proxy.path, profile.kube_proxy.kubeconfig,
                profile.kube_proxy.config_file, "/etc/machine-id"}
    for index, file in enumerate(profile.os.files):
        path = ("os", "files", index, "path")
        if file.path in seen:
            yield Problem(path, f"{file.path} is written twice (also by os.files.{seen[file.path]})",
                          "keep one of them")
        if file.path in reserved or file.path.startswith(OURS):
            yield Problem(path, f"{file.path} is written by imagegen itself", "choose another path")
        seen[file.path] = index


# The recipe's values are what makes IPVS work; turning one off is not a setting but a fault.
NEEDED_SYSCTLS = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1",
                  "net.bridge.bridge-nf-call-ip6tables": "1"}


def _sysctls(profile: Profile) -> Iterator[Problem]:
    for key, value in profile.os.sysctls.items():
        needed = NEEDED_SYSCTLS.get(key.replace("/", "."))
        if needed is not None and value.strip() != needed:
            yield Problem(("os", "sysctls", key), f"{key} = {value} breaks a node in IPVS mode",
                          f"remove the line; imagegen sets it to {needed}")
        if not value.strip() or value != value.strip() or value.startswith(("=", "#", ";")):
            yield Problem(("os", "sysctls", key), f"the value of {key} is empty, or begins or ends "
                          "with what sysctl.d would drop", "write the bare value")
