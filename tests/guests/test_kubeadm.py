"""An image whose kube-proxy is kubeadm's: the node's half alone, then with the DaemonSet's process.

No kubelet and no container: the program runs in the node's own namespaces with all privileges and
the configuration of the ConfigMap that the real kubeadm makes, which is what its pod is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.build import build
from imagegen.bake.kube import KubeProgram, kube_binary
from imagegen.boot.cluster import ClusterSpec, control_plane
from imagegen.boot.proof import GUEST_ADDRESS, NODE_NAME, prove, sample_service
from imagegen.boot.seed import NodeIdentity, node_seed, seed_iso
from imagegen.boot.verify import verify
from imagegen.common.progress import Silent
from imagegen.profile.model import Profile
from imagegen.render.kubeadm import documents
from imagegen.render.seed import SeedFile
from tests.guests.conftest import MODERN
from tests.guests.nodes import images
from tests.profiles import changed, parsed
from tests.render.test_kubeadm import manifests

pytestmark = [pytest.mark.guest, pytest.mark.wide]
TIMEOUT = 1200.0
FOLDER = "/var/lib/kube-proxy"
# the pod's command, and how the program comes here: a registry is what the tests do not have
START = f"""mount -o ro /dev/disk/by-label/cidata /mnt
install -m 0755 /mnt/kube-proxy {FOLDER}/kube-proxy
umount /mnt
systemd-run --unit=as-kubeadms-pod {FOLDER}/kube-proxy --config={FOLDER}/config.conf \
  --hostname-override={NODE_NAME}
"""


@pytest.fixture(scope="module")
def profile() -> Profile:
    return parsed(changed({"metadata.name": "kubeadm", "kubeProxy.version": MODERN,
                           "kubeProxy.runBy": "kubeadm"}, "quickstart"))


@pytest.fixture(scope="module")
def image(profile: Profile) -> Path:
    made = build(profile, images(), Silent())
    assert "kubeProxy" not in made.manifest["inputs"]  # type: ignore[operator]
    return made.path


def told(verdict: bytes) -> dict[str, Any]:
    """A verdict; what is not well in it makes the test's message."""
    found: dict[str, Any] = json.loads(verdict)
    assert found["verdict"] == "green", [
        one for one in found["findings"] if one["result"] not in ("ok", "warning")]
    return found


def test_the_nodes_half_is_green_at_level_kernel(image: Path) -> None:
    proof = prove(image, Silent(), cluster=False, profile=None, clones=1, timeout=TIMEOUT,
                  keep_log=None, accelerator=Accelerator.AUTO)
    verdict = told(proof.reports[0].verdict)
    assert verdict["level"] == "kernel"
    assert not [one for one in verdict["findings"] if "kube-proxy" in one["id"]]


def test_the_daemonsets_kube_proxy_makes_a_green_table(
    profile: Profile, image: Path, tmp_path: Path
) -> None:
    """The check is there first, and waits for a kube-proxy that somebody starts later."""
    config = manifests(MODERN, documents(profile), tmp_path)["ConfigMap"]["data"]["config.conf"]
    assert yaml.safe_load(config)["mode"] == "ipvs"
    cluster = profile.cluster
    spec = ClusterSpec(MODERN, cluster.service_cidr, cluster.node_port_range, cluster.api_servers)
    with control_plane(spec, Silent()) as plane:
        plane.create_node(NODE_NAME, GUEST_ADDRESS)
        service, endpoints = sample_service(profile)
        plane.create_service(service)
        plane.create_endpoints(service, endpoints)
        node = NodeIdentity(
            NODE_NAME, level="table", address=GUEST_ADDRESS,
            api_servers=tuple(plane.api_servers()), kubeconfig=plane.kubeconfig(plane.guest_url),
            kubeconfig_path=f"{FOLDER}/kubeconfig.conf",
            files=(SeedFile(f"{FOLDER}/config.conf", config.encode()),),
            commands=(("sh", "-ec", START),))
        report = verify(image, identity=node, timeout=TIMEOUT, accelerator=Accelerator.AUTO,
                        progress=Silent(), volume=_with_kube_proxy)[0]
    verdict = told(report.verdict)
    assert verdict["level"] == "table"
    assert {"ipvs.mode", "ipvs.sync", "ipvs.api-service", "ipvs.device"} <= {
        one["id"] for one in verdict["findings"] if one["result"] == "ok"}
    assert verdict["seconds"]["waited"] > 0


def _with_kube_proxy(target: Path, node: NodeIdentity) -> Path:
    program = kube_binary(KubeProgram.PROXY, MODERN, Silent())
    seed_iso(target, {**node_seed(node), "kube-proxy": program})
    return target
