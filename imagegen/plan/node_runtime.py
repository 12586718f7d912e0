"""containerd and the kubelet, where the profile wants them in the image."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import Release
from imagegen.knowledge.readiness import LABEL, TAINT
from imagegen.plan.facts import (
    ALWAYS,
    BOOTED,
    Content,
    Fact,
    Links,
    Nothing,
    Program,
    Proof,
    Rule,
    Template,
)
from imagegen.plan.node_files import REBUILD, file_fact
from imagegen.profile.gate import Gate
from imagegen.profile.model import Profile
from imagegen.profile.node_runtime import Containerd, Kubelet

CONTAINERD_UNIT = "containerd.service"
CONTAINERD_CONFIG = "/etc/containerd/config.toml"
CONTAINERD_DROP_IN = f"/etc/systemd/system/{CONTAINERD_UNIT}.d/20-imagegen-config.conf"
_DROP_IN = """\
[Service]
ExecStart=
ExecStart=/usr/bin/containerd
"""
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
KUBELET_UNIT = "kubelet.service"
KUBELET_UNIT_PATH = f"/usr/lib/systemd/system/{KUBELET_UNIT}"
KUBELET_DROP_IN = f"{KUBELET_UNIT_PATH}.d/10-kubeadm.conf"
_WANTS = "/etc/systemd/system/multi-user.target.wants"


def runtime_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """`os.containerd` and `os.kubelet`."""
    if profile.os.containerd is not None:
        yield from _containerd(profile.os.containerd)
        if release.containerd.told:
            yield file_fact("containerd.drop-in", "the release's unit names a file of its own",
                            release.sources["containerd"],
                            Content(CONTAINERD_DROP_IN, _DROP_IN.encode()))
    if profile.os.kubelet is not None:
        yield from _kubelet(profile.os.kubelet, _registration(profile))


def _containerd(containerd: Containerd) -> Iterator[Fact]:
    yield file_fact("containerd", "kubelet and containerd must agree that systemd owns the cgroups",
                    "containerd docs/cri/config.md, SystemdCgroup",
                    Template(CONTAINERD_CONFIG, {"sandbox_image": containerd.sandbox_image}))
    yield Fact(f"unit.{CONTAINERD_UNIT}", "no pod runs without it", "systemd.unit(5)",
               f"Read `journalctl -b -u {CONTAINERD_UNIT}`.",
               Links(((f"{_WANTS}/{CONTAINERD_UNIT}", f"/lib/systemd/system/{CONTAINERD_UNIT}"),)),
               Proof(Rule.UNIT, {"name": CONTAINERD_UNIT, "state": "running"}, ALWAYS))
    yield Fact("runtime.containerd", "a runtime that is up with other cgroups starts pods that the "
               "kubelet then kills", "kubernetes.io/docs, container runtimes, cgroup drivers",
               f"Restore {CONTAINERD_CONFIG}, and run `systemctl restart {CONTAINERD_UNIT}`.",
               Nothing(), Proof(Rule.RUNTIME, {"socket": CONTAINERD_SOCKET}, BOOTED))


def _registration(profile: Profile) -> str:
    """What the kubelet says of its Node when it registers it, as flags; empty where nothing.

    They stand before the user's own flags: of --node-labels the kubelet takes all, of
    --register-with-taints the last, and kubeadm taints a control plane's node by itself.
    """
    if profile.check.gate is not Gate.TAINT:
        return ""
    return f"--node-labels={LABEL}={profile.metadata.name} --register-with-taints={TAINT}"


def _kubelet(kubelet: Kubelet, registration: str) -> Iterator[Fact]:
    yield Fact("binary.kubelet", f"the profile promises kubelet {kubelet.version}",
               "os.kubelet of the profile", REBUILD, Program(kubelet.program),
               Proof(Rule.BINARY, {"path": kubelet.program, "version": kubelet.version,
                                   "sha256": kubelet.sha256}, ALWAYS))
    values = {"program": kubelet.program, "kubeconfig": kubelet.kubeconfig,
              "config_file": kubelet.config_file, "registration": registration}
    yield file_fact("kubelet.service", "it starts the kubelet once the node has joined",
                    "kubernetes/release cmd/krel/templates/latest/kubelet",
                    Template(KUBELET_UNIT_PATH, values))
    yield file_fact("kubelet.kubeadm", "kubeadm leaves what the kubelet needs in these files",
                    "kubernetes/release cmd/krel/templates/latest/kubeadm",
                    Template(KUBELET_DROP_IN, values))
    yield Fact(f"unit.{KUBELET_UNIT}", "a node without a kubelet takes no pods", "systemd.unit(5)",
               f"Run `systemctl enable {KUBELET_UNIT}`.",
               Links(((f"{_WANTS}/{KUBELET_UNIT}", KUBELET_UNIT_PATH),)),
               Proof(Rule.UNIT, {"name": KUBELET_UNIT, "state": "enabled"}, ALWAYS))
