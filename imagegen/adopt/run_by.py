"""A node without a unit for kube-proxy: who else runs it, as far as the files say."""

from __future__ import annotations

from imagegen.adopt.kube_proxy import Proxy
from imagegen.adopt.notes import Notes
from imagegen.adopt.ours import Ours
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import FOLDERS
from imagegen.knowledge.kubernetes import RunBy

# kubeadm's packages bring it, under this name in every version
_OF_KUBEADM = "kubelet.service.d/10-kubeadm.conf"
_ASK = "ask the cluster: `kubectl -n kube-system get configmap kube-proxy -o yaml`"
_NO_UNIT = (f"no unit among the files runs kube-proxy, so its configuration is not carried over; "
            f"where kubeadm runs it, {_ASK}")


def without_unit(files: Files, ours: Ours, notes: Notes) -> Proxy:
    """The kubeProxy section of such a node; what its configuration says, no file of it knows."""
    if ours.run_by is not None:
        notes.add("no file of the image holds kube-proxy's configuration, only what its check "
                  f"expects of it; for the rest {_ASK}", "kubeProxy", "config")
        return Proxy(own={"runBy": ours.run_by}, config=ours.expected_config())
    if any(files.text(f"{folder}/{_OF_KUBEADM}") is not None for folder in FOLDERS):
        notes.add("no unit among the files runs kube-proxy, and kubeadm's drop-in for the kubelet "
                  f"is there, so its DaemonSet is taken to do it; for its configuration {_ASK}",
                  "kubeProxy", "runBy")
        return Proxy(own={"runBy": RunBy.KUBEADM.value})
    notes.add(_NO_UNIT, "kubeProxy")
    return Proxy()
