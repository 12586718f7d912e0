"""What a version of kube-proxy takes, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge import kubernetes
from imagegen.knowledge.kubernetes import Form, Version
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

_CONFIG = ("kubeProxy", "config")


def versions(profile: Profile) -> Iterator[Problem]:
    """Versions that imagegen knows and that have an IPVS mode."""
    version = Version.parse(profile.kube_proxy.version)
    path = ("kubeProxy", "version")
    if version < kubernetes.OLDEST:
        yield Problem(path, f"kube-proxy {profile.kube_proxy.version} is older than imagegen knows",
                      "use 1.20.0 or newer", rule="kubernetes-too-old")
    if version >= kubernetes.IPVS_GONE_FROM:
        yield Problem(path, "IPVS mode was removed from kube-proxy in 1.43 (KEP-5495)",
                      "stay below 1.43, or plan the move to nftables mode",
                      rule="kubernetes-ipvs-gone")


def scheduler(profile: Profile) -> Iterator[Problem]:
    """Up to 1.26 kube-proxy has a list of its own."""
    scheduler = profile.kube_proxy.config.ipvs.scheduler
    old = Version.parse(profile.kube_proxy.version) < kubernetes.ANY_SCHEDULER_FROM
    if old and scheduler.value not in kubernetes.OLD_SCHEDULERS:
        yield Problem((*_CONFIG, "ipvs", "scheduler"),
                      f"kube-proxy {profile.kube_proxy.version} does not know the scheduler "
                      f"{scheduler} and would not start",
                      f"use 1.27 or newer, or one of: {', '.join(kubernetes.OLD_SCHEDULERS)}",
                      rule="ipvs-scheduler-version")


def form_of(profile: Profile) -> Form:
    """The form asked for, or the one that fits the version."""
    if profile.kube_proxy.form is not None:
        return profile.kube_proxy.form
    old = Version.parse(profile.kube_proxy.version) < kubernetes.FLAGS_FORM_BEFORE
    return Form.FLAGS if old else Form.CONFIG


def form(profile: Profile) -> Iterator[Problem]:
    """The recipe's flags end with 1.25."""
    old = Version.parse(profile.kube_proxy.version) < kubernetes.FLAGS_FORM_BEFORE
    if profile.kube_proxy.form is Form.FLAGS and not old:
        yield Problem(("kubeProxy", "form"),
                      f"kube-proxy {profile.kube_proxy.version} no longer takes the recipe's "
                      "flags: klog's were removed in 1.26 and stop it at start",
                      "remove `form: flags`; the configuration file is the default from 1.26 on",
                      rule="kubernetes-flags-gone")
