"""Which kube-proxy has which mode, scheduler and form."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge import kubernetes, kubernetes_modes
from imagegen.knowledge.kubernetes import Form, Mode, Version
from imagegen.knowledge.kubernetes_gates import NFTABLES_GATE
from imagegen.knowledge.kubernetes_modes import Life, Stage, ipvs_stage
from imagegen.profile.lints.image import known_release
from imagegen.profile.model import Profile
from imagegen.profile.node_os import IpvsModulesFile
from imagegen.profile.problem import Problem, Severity

CONFIG = ("kubeProxy", "config")
_VERSION = ("kubeProxy", "version")


def version_of(profile: Profile) -> Version:
    """The profile's kube-proxy version, for comparing."""
    return Version.parse(profile.kube_proxy.version)


def versions(profile: Profile) -> Iterator[Problem]:
    """Versions that imagegen knows."""
    if version_of(profile) < kubernetes.OLDEST:
        yield Problem(_VERSION, f"kube-proxy {profile.kube_proxy.version} is older than imagegen "
                      "knows", "use 1.20.0 or newer", rule="kubernetes-too-old")


def sunset(profile: Profile) -> Iterator[Problem]:
    """How long IPVS mode will still be there (KEP-5495)."""
    if profile.kube_proxy.config.mode is not Mode.IPVS:
        return
    stage = ipvs_stage(version_of(profile))
    match stage.life:
        case Life.DEPRECATED:
            yield _told(stage, rule="kubernetes-ipvs-deprecated")
        case Life.GATED:
            yield _told(stage, rule="kubernetes-ipvs-gated")
        case Life.GONE:
            yield _told(stage, rule="kubernetes-ipvs-gone")
        case Life.HEALTHY:
            return


def _told(stage: Stage, *, rule: str) -> Problem:
    severity = Severity.ERROR if stage.life is Life.GONE else Severity.WARNING
    return Problem(_VERSION, stage.what, stage.do, rule=rule, severity=severity)


def nftables(profile: Profile) -> Iterator[Problem]:
    """nftables mode came as an alpha in 1.29."""
    if profile.kube_proxy.config.mode is not Mode.NFTABLES:
        return
    version, path = version_of(profile), (*CONFIG, "mode")
    gate = profile.kube_proxy.config.feature_gates.get(NFTABLES_GATE)
    without_gate = version >= kubernetes_modes.NFTABLES_WITHOUT_GATE_FROM
    if version < kubernetes_modes.NFTABLES_FROM:
        yield Problem(path, f"kube-proxy {profile.kube_proxy.version} has no nftables mode: it "
                      "came with 1.29, and is stable from 1.33 on", "use 1.33 or newer, or "
                      "`mode: ipvs`", rule="nftables-version")
    elif gate is False or (gate is None and not without_gate):
        yield Problem(path, f"nftables mode of kube-proxy {profile.kube_proxy.version} needs its "
                      "feature gate", f"write `featureGates: {{{NFTABLES_GATE}: true}}` beside "
                      "`mode`, or use 1.33 or newer", rule="nftables-gate")


def nftables_kernel(profile: Profile) -> Iterator[Problem]:
    """kube-proxy asks for a kernel's version in nftables mode."""
    release = known_release(profile)
    if release is None or profile.kube_proxy.config.mode is not Mode.NFTABLES:
        return
    if release.kernel.version < kubernetes_modes.NFTABLES_KERNEL:
        yield Problem((*CONFIG, "mode"), f"kube-proxy wants kernel 5.13 or newer in nftables mode, "
                      f"and {release.title} has {release.kernel.series}",
                      "choose a newer release, or `mode: ipvs`", rule="nftables-kernel")


def ipvs_modules_file(profile: Profile) -> Iterator[Problem]:
    """The recipe's file loads IPVS' modules, which nftables mode has none of."""
    always = profile.os.ipvs_modules_file is IpvsModulesFile.ALWAYS
    if always and profile.kube_proxy.config.mode is not Mode.IPVS:
        yield Problem(("os", "ipvsModulesFile"), "ipvs.modules is not written in nftables mode: "
                      "the node loads none of IPVS' modules", "remove the line",
                      rule="kube-proxy-field-no-effect", severity=Severity.WARNING)


def scheduler(profile: Profile) -> Iterator[Problem]:
    """Up to 1.26 kube-proxy has a list of its own."""
    scheduler = profile.kube_proxy.config.ipvs.scheduler
    old = version_of(profile) < kubernetes.ANY_SCHEDULER_FROM
    if old and scheduler.value not in kubernetes.OLD_SCHEDULERS:
        yield Problem((*CONFIG, "ipvs", "scheduler"),
                      f"kube-proxy {profile.kube_proxy.version} does not know the scheduler "
                      f"{scheduler} and would not start",
                      f"use 1.27 or newer, or one of: {', '.join(kubernetes.OLD_SCHEDULERS)}",
                      rule="ipvs-scheduler-version")


def form_of(profile: Profile) -> Form:
    """The form asked for, or the one that fits the version; a DaemonSet's is the file."""
    if not profile.kube_proxy.by_unit:
        return Form.CONFIG
    if profile.kube_proxy.form is not None:
        return profile.kube_proxy.form
    old = version_of(profile) < kubernetes.FLAGS_FORM_BEFORE
    return Form.FLAGS if old else Form.CONFIG


def form(profile: Profile) -> Iterator[Problem]:
    """The recipe's flags end with 1.25."""
    old = version_of(profile) < kubernetes.FLAGS_FORM_BEFORE
    if profile.kube_proxy.form is Form.FLAGS and not old:
        yield Problem(("kubeProxy", "form"),
                      f"kube-proxy {profile.kube_proxy.version} no longer takes the recipe's "
                      "flags: klog's were removed in 1.26 and stop it at start",
                      "remove `form: flags`; the configuration file is the default from 1.26 on",
                      rule="kubernetes-flags-gone")
