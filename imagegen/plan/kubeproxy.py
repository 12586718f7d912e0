"""kube-proxy on the node: its configuration or flags, its unit, its program."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.common.documents import yaml_bytes
from imagegen.knowledge.kubernetes import FLAG_OF, Form, Version
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
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile

UNIT = "kube-proxy.service"
UNIT_PATH = f"/usr/lib/systemd/system/{UNIT}"
_CHANGE = "an image is not mended in place: change the profile and build a new one"


def kube_proxy_facts(profile: Profile) -> Iterator[Fact]:
    """The program, what it is told, and the unit that runs it."""
    proxy = profile.kube_proxy
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
    yield _file("kube-proxy.service", "the unit starts kube-proxy in IPVS mode at every boot",
                Template(UNIT_PATH, {"exec_start": command(profile),
                                     "working_directory": proxy.working_directory,
                                     "kubeconfig": proxy.kubeconfig}))
    yield Fact(
        f"unit.{UNIT}", "nothing programs the IPVS table while it does not run",
        "systemd.unit(5)",
        "read `journalctl -u kube-proxy`; without a kubeconfig it does not start",
        Links(((f"/etc/systemd/system/multi-user.target.wants/{UNIT}", UNIT_PATH),)),
        Proof(Rule.UNIT, {"name": UNIT, "state": "active"}, ALWAYS),
    )


def _file(name: str, reason: str, baked: Content | Template) -> Fact:
    """The proof's sha256 is known when the file is rendered."""
    return Fact(f"file.{name}", reason, "kubeProxy of the profile", _CHANGE, baked,
                Proof(Rule.FILE, {"path": baked.path}, ALWAYS))


def settings(profile: Profile) -> dict[str, Json]:
    """KubeProxyConfiguration's fields that the profile sets, under their own names."""
    config = profile.kube_proxy.config
    # in its place among the fields, whichever of the two says it
    config = config.model_copy(update={
        "cluster_cidr": config.cluster_cidr or profile.cluster.pod_cidr})
    given = config.model_dump(by_alias=True, mode="json", exclude_none=True)
    if not given["nodePortAddresses"]:
        del given["nodePortAddresses"]
    if not given["ipvs"]["excludeCIDRs"]:
        del given["ipvs"]["excludeCIDRs"]
    return {name: value for name, value in given.items() if value != {}}


def config_document(profile: Profile) -> bytes:
    """The KubeProxyConfiguration as YAML: dumped data, so no value can break out of its place."""
    head: dict[str, Json] = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": profile.kube_proxy.kubeconfig},
    }
    return yaml_bytes(head | settings(profile))


def command(profile: Profile) -> list[Json]:
    """kube-proxy's command line: with a configuration file only what may stand beside one."""
    proxy = profile.kube_proxy
    if form_of(profile) is Form.CONFIG:
        own = [f"--config={proxy.config_file}", "--hostname-override=${NODE_NAME}"]
    else:
        own = [*_flags(profile), f"--kubeconfig={proxy.kubeconfig}",
               "--hostname-override=${NODE_NAME}", "--logtostderr=true"]
    return [proxy.path, *own, f"--v={proxy.verbosity}"]


def _flags(profile: Profile) -> list[str]:
    given = settings(profile)
    flat: dict[str, Json] = {n: v for n, v in given.items() if not isinstance(v, dict)}
    for section in ("ipvs", "iptables", "conntrack"):
        inner = given.get(section, {})
        assert isinstance(inner, dict)
        flat |= {f"{section}.{name}": value for name, value in inner.items()}
    if "bindAddress" not in flat:
        # the recipe's --bind-address is the node's own address, so it comes with the node's seed
        flat["bindAddress"] = "${NODE_ADDRESS}"
    return [f"--{FLAG_OF[name]}={_flag_value(value)}" for name, value in flat.items()]


def _flag_value(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)


def version_of(profile: Profile) -> Version:
    """The profile's kube-proxy version, for comparing."""
    return Version.parse(profile.kube_proxy.version)
