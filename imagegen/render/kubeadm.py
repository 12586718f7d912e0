"""`kubeadm/`: what kubeadm is told, so that its DaemonSet runs kube-proxy as nodes expect it."""

from __future__ import annotations

from imagegen.common.documents import yaml_bytes
from imagegen.knowledge.kubeadm import DEFAULT_NODE_PORTS, SYSTEMD_CGROUPS_FROM, Api, api_of
from imagegen.knowledge.kubernetes import RunBy
from imagegen.knowledge.kubernetes_gates import DUAL_STACK_DEFAULT_FROM, DUAL_STACK_GATE
from imagegen.plan.facts import Json
from imagegen.plan.kubeproxy import configuration
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.profile.model import Profile
from imagegen.render.tree import Tree, TreeFile

DOCUMENTS = "kubeadm.yaml"
_README = """\
# kubeadm: the cluster's half of kube-proxy

The image has no kube-proxy: kubeadm's DaemonSet runs it on every node, from one configuration.

- A new cluster: `kubeadm init --config kubeadm.yaml`. What is one machine's own or a secret (its
  address, tokens, certificates) is not in it: add an InitConfiguration, or leave kubeadm its
  defaults.
- A cluster that is there: put the fields of the KubeProxyConfiguration into `config.conf` of the
  ConfigMap, keep its `clientConnection.kubeconfig`, and let the pods start anew:
  `kubectl -n kube-system edit configmap kube-proxy`, then
  `kubectl -n kube-system rollout restart daemonset kube-proxy`.
- `kubeadm config validate --config kubeadm.yaml` (1.26 and newer) says what is wrong with it.
"""


def kubeadm_files(profile: Profile) -> Tree:
    """The documents, and how to use them; nothing where kubeadm does not run kube-proxy."""
    if profile.kube_proxy.run_by is not RunBy.KUBEADM:
        return Tree()
    return Tree({DOCUMENTS: TreeFile(documents(profile)), "README.md": TreeFile(_README.encode())})


def documents(profile: Profile) -> bytes:
    """ClusterConfiguration and KubeProxyConfiguration, as `kubeadm init --config` reads them."""
    both = (cluster_configuration(profile), configuration(profile, {}))
    return b"---\n".join(yaml_bytes(document) for document in (*both, *_kubelet(profile)))


def _kubelet(profile: Profile) -> tuple[dict[str, Json], ...]:
    """Before 1.22 kubeadm leaves the kubelet at cgroupfs, and containerd is told systemd."""
    if profile.os.containerd is None or version_of(profile) >= SYSTEMD_CGROUPS_FROM:
        return ()
    return ({"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
             "cgroupDriver": "systemd"},)


def cluster_configuration(profile: Profile) -> dict[str, Json]:
    """What the profile knows of the cluster; kubeadm keeps its defaults for the rest."""
    cluster, version = profile.cluster, version_of(profile)
    api = api_of(version)
    document: dict[str, Json] = {
        "apiVersion": api.name,
        "kind": "ClusterConfiguration",
        "kubernetesVersion": f"v{profile.kube_proxy.version}",
        "controlPlaneEndpoint": _endpoint(profile),
        "networking": {"serviceSubnet": cluster.service_cidr, "podSubnet": cluster.pod_cidr,
                       "dnsDomain": cluster.dns_domain},
        "apiServer": _api_server(profile, api),
        "featureGates": _gates(profile),
    }
    return {name: value for name, value in document.items() if value}


def _endpoint(profile: Profile) -> str | None:
    """The one that the profile names; of several API servers none stands for the others."""
    servers = profile.cluster.api_servers
    return profile.cluster.control_plane_endpoint or (servers[0] if len(servers) == 1 else None)


def _api_server(profile: Profile, api: Api) -> Json:
    ports = profile.cluster.node_port_range
    if ports == DEFAULT_NODE_PORTS:
        return None
    name = "service-node-port-range"
    args: Json = [{"name": name, "value": ports}] if api.list_of_args else {name: ports}
    return {"extraArgs": args}


def _gates(profile: Profile) -> Json:
    """kubeadm's own: up to 1.20 it takes ranges of both families with this one only."""
    on = profile.kube_proxy.config.feature_gates.get(DUAL_STACK_GATE)
    old = version_of(profile) < DUAL_STACK_DEFAULT_FROM
    return {DUAL_STACK_GATE: True} if on and old else None
