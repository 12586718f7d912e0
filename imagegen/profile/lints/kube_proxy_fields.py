"""Every field of KubeProxyConfiguration that a profile sets: known, sayable, and of any effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imagegen.knowledge.kubernetes import Form, Version
from imagegen.knowledge.kubernetes_fields import BY_PATH, ConfigField, missing
from imagegen.profile.fields import seconds
from imagegen.profile.kubeproxy import DetectLocalMode
from imagegen.profile.lints.kube_proxy import CONFIG, form_of, version_of
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

# LocalModeBridgeInterface and its like came with detectLocal (kubernetes PR 95400)
_NEWER_MODES = (DetectLocalMode.BRIDGE_INTERFACE, DetectLocalMode.INTERFACE_NAME_PREFIX)


def fields_set(profile: Profile) -> dict[str, Any]:
    """The fields that the profile itself sets, by dotted path; a value of null is no setting."""
    return flattened(profile.kube_proxy.config.model_dump(by_alias=True, mode="json",
                                                          exclude_unset=True))


def flattened(given: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings as dotted path -> value, down to the fields that the table knows."""
    flat: dict[str, Any] = {}
    for name, value in given.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and path not in BY_PATH:
            flat |= flattened(value, f"{path}.")
        elif value is not None:
            flat[path] = value
    return flat


def fields(profile: Profile) -> Iterator[Problem]:
    """A field that this version lacks is dropped by kube-proxy with a line in its log at most."""
    version, form = version_of(profile), form_of(profile)
    for path, value in fields_set(profile).items():
        field = BY_PATH[path]
        lacking = missing(field, version)
        if lacking:
            yield _problem(field, f"kube-proxy {profile.kube_proxy.version} does not know "
                           f"{path}: {lacking}", "remove the line, or change kubeProxy.version",
                           rule="kube-proxy-field-version")
        elif form is Form.FLAGS and not field.flag:
            yield _problem(field, f"{path} has no flag, so the flags form cannot say it",
                           "remove the line, or write `form: config`", rule="kube-proxy-field-flag")
        elif profile.kube_proxy.config.mode not in field.modes:
            yield _problem(field, f"{path} does nothing in {profile.kube_proxy.config.mode} mode: "
                           f"{field.why}", "remove the line, or keep it for the other mode",
                           rule="kube-proxy-field-no-effect", severity=Severity.WARNING)
        if field.default and _is_zero(value):
            yield _problem(field, f"{path}: 0 does not turn it off, kube-proxy takes its default "
                           f"{field.default} instead", "write what you mean, or remove the line",
                           rule="kube-proxy-zero-is-default", of_key=False)


def _is_zero(value: object) -> bool:
    if isinstance(value, str):
        return seconds(value) == 0
    return value == 0


def _problem(field: ConfigField, what: str, hint: str, *, rule: str,
             severity: Severity = Severity.ERROR, of_key: bool = True) -> Problem:
    return Problem((*CONFIG, *field.path.split(".")), what, hint, of_key=of_key, rule=rule,
                   severity=severity)


def detect_local(profile: Profile) -> Iterator[Problem]:
    """Two of the modes need to be told what to look for, and are newer than the others."""
    config = profile.kube_proxy.config
    needed = {DetectLocalMode.BRIDGE_INTERFACE: "bridgeInterface",
              DetectLocalMode.INTERFACE_NAME_PREFIX: "interfaceNamePrefix"}
    given = {"bridgeInterface": config.detect_local.bridge_interface,
             "interfaceNamePrefix": config.detect_local.interface_name_prefix}
    path = (*CONFIG, "detectLocalMode")
    mode = config.detect_local_mode
    if mode in _NEWER_MODES and _lacks_newer_modes(version_of(profile)):
        yield Problem(path, f"kube-proxy {profile.kube_proxy.version} does not know the mode "
                      f"{mode}: it came with 1.24", "use ClusterCIDR or NodeCIDR",
                      rule="kube-proxy-field-version")
    wanted = needed.get(mode) if mode else None
    if wanted and not given[wanted]:
        yield Problem(path, f"{mode} needs `detectLocal.{wanted}`, and kube-proxy stops without it",
                      f"add `detectLocal: {{{wanted}: …}}`", rule="kube-proxy-detect-local")
    for name, value in given.items():
        if value and name != wanted:
            yield Problem((*CONFIG, "detectLocal", name), f"detectLocal.{name} does nothing "
                          f"with detectLocalMode {mode or DetectLocalMode.CLUSTER_CIDR}",
                          "remove it, or choose the mode that reads it", of_key=True,
                          rule="kube-proxy-field-no-effect", severity=Severity.WARNING)


def _lacks_newer_modes(version: Version) -> bool:
    return bool(missing(BY_PATH["detectLocal.bridgeInterface"], version))
