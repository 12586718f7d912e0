"""kube-proxy on the node: its configuration or flags, its unit, its program."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.common.documents import yaml_bytes
from imagegen.knowledge.families import HEALTHZ_OF_BOTH, Family
from imagegen.knowledge.kubernetes import Form, Mode
from imagegen.knowledge.kubernetes_fields import FLAG_OF
from imagegen.knowledge.kubernetes_gates import IPVS_GATE
from imagegen.knowledge.kubernetes_modes import Life, ipvs_stage
from imagegen.plan.facts import (
    ALWAYS,
    Content,
    Fact,
    Json,
    Links,
    Program,
    Proof,
    Rule,
    Template,
)
from imagegen.profile.lints.kube_proxy import form_of, version_of
from imagegen.profile.lints.kube_proxy_fields import flattened
from imagegen.profile.model import Profile

UNIT = "kube-proxy.service"
UNIT_PATH = f"/usr/lib/systemd/system/{UNIT}"
_CHANGE = ("Change the profile, build the image anew and replace the node: an image is not mended "
           "in "
           "place.")


def kube_proxy_facts(profile: Profile) -> Iterator[Fact]:
    """The program, what it is told, and the unit that runs it; nothing where that is not ours."""
    proxy = profile.kube_proxy
    if not proxy.by_unit:
        return
    yield Fact(
        "binary.kube-proxy", f"the profile promises kube-proxy {proxy.version}",
        "kubeProxy.version of the profile", _CHANGE, Program(proxy.path),
        Proof(Rule.BINARY, {"path": proxy.path, "version": proxy.version,
                            "sha256": proxy.binary.sha256}, ALWAYS),
    )
    if form_of(profile) is Form.CONFIG:
        yield _file("kube-proxy.yaml", "kube-proxy ignores unknown fields without a word and falls "
                    "back to its default mode where `mode` is missing",
                    Content(proxy.config_file, config_document(profile)))
    mode = _spoken(proxy.config.mode)
    yield _file("kube-proxy.service", f"the unit starts kube-proxy in {mode} mode at every boot",
                Template(UNIT_PATH, {"exec_start": command(profile),
                                     "working_directory": proxy.working_directory,
                                     "kubeconfig": proxy.kubeconfig}))
    yield Fact(
        f"unit.{UNIT}", _idle(proxy.config.mode),
        "systemd.unit(5)",
        "Read `journalctl -u kube-proxy`. Without a kubeconfig kube-proxy does not start.",
        Links(((f"/etc/systemd/system/multi-user.target.wants/{UNIT}", UNIT_PATH),)),
        Proof(Rule.UNIT, {"name": UNIT, "state": "active"}, ALWAYS),
    )


def _spoken(mode: Mode) -> str:
    return "IPVS" if mode is Mode.IPVS else mode.value


def _idle(mode: Mode) -> str:
    what = "programs the IPVS table" if mode is Mode.IPVS else "writes kube-proxy's rules"
    return f"nothing {what} while it does not run"


def _file(name: str, reason: str, baked: Content | Template) -> Fact:
    """The proof's sha256 is known when the file is rendered."""
    return Fact(f"file.{name}", reason, "kubeProxy of the profile", _CHANGE, baked,
                Proof(Rule.FILE, {"path": baked.path}, ALWAYS))


def settings(profile: Profile) -> dict[str, Json]:
    """KubeProxyConfiguration's fields: what the profile sets, and imagegen's own for its mode."""
    config = profile.kube_proxy.config
    # in its place among the fields, whichever of the two says it
    config = config.model_copy(update={
        "cluster_cidr": config.cluster_cidr or profile.cluster.pod_cidr,
        "healthz_bind_address": _health(profile)})
    given: dict[str, Json] = config.model_dump(by_alias=True, mode="json", exclude_none=True)
    if config.mode is not Mode.IPVS:
        asked = config.model_dump(by_alias=True, mode="json", exclude_none=True, exclude_unset=True)
        given |= {name: asked.get(name, {}) for name in ("ipvs", "iptables")}
    if needs_ipvs_gate(profile):
        given["featureGates"] = {IPVS_GATE: True, **config.feature_gates}
    return _without_empty(given)


def _health(profile: Profile) -> str:
    """Unless the profile says another: with IPv6, one that listens on both families."""
    config = profile.kube_proxy.config
    said = "healthz_bind_address" in config.model_fields_set
    if said or Family.IPV6 not in profile.cluster.families:
        return config.healthz_bind_address
    return HEALTHZ_OF_BOTH


def needs_ipvs_gate(profile: Profile) -> bool:
    """Whether IPVS mode is off unless its gate says otherwise (1.40 to 1.42)."""
    ipvs = profile.kube_proxy.config.mode is Mode.IPVS
    return ipvs and ipvs_stage(version_of(profile)).life is Life.GATED


def _without_empty(given: dict[str, Json]) -> dict[str, Json]:
    inner = {name: _without_empty(value) if isinstance(value, dict) else value
             for name, value in given.items()}
    return {name: value for name, value in inner.items() if value not in ({}, [])}


def config_document(profile: Profile) -> bytes:
    """The KubeProxyConfiguration as YAML: dumped data, so no value can break out of its place."""
    return yaml_bytes(configuration(profile, {"kubeconfig": profile.kube_proxy.kubeconfig}))


def configuration(profile: Profile, connection: dict[str, Json]) -> dict[str, Json]:
    """The KubeProxyConfiguration; `connection` is what the profile's clientConnection adds to."""
    given = settings(profile)
    asked = given.pop("clientConnection", {})
    assert isinstance(asked, dict)
    head: dict[str, Json] = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
    }
    whole = connection | asked
    return head | ({"clientConnection": whole} if whole else {}) | given


def command(profile: Profile) -> list[Json]:
    """kube-proxy's command line: with a configuration file only what may stand beside one."""
    proxy = profile.kube_proxy
    if form_of(profile) is Form.CONFIG:
        own = [f"--config={proxy.config_file}", "--hostname-override=${NODE_NAME}"]
    else:
        own = [*_flags(profile), f"--kubeconfig={proxy.kubeconfig}",
               "--hostname-override=${NODE_NAME}", "--logtostderr=true"]
    return [proxy.path, *own, f"--v={verbosity(profile)}"]


def verbosity(profile: Profile) -> int:
    """The log's verbosity: --v wins over the configuration, so it says what that would say."""
    asked = profile.kube_proxy.config.logging.verbosity
    return profile.kube_proxy.verbosity if asked is None else asked


def _flags(profile: Profile) -> list[str]:
    flat = flattened(settings(profile))
    if "bindAddress" not in flat:
        # the recipe's --bind-address is the node's own address, so it comes with the node's seed
        flat["bindAddress"] = "${NODE_ADDRESS}"
    return [f"--{FLAG_OF[name]}={_flag_value(value)}" for name, value in flat.items()]


def _flag_value(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ",".join(f"{name}={_flag_value(part)}" for name, part in value.items())
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
