"""What kubeadm takes, by version, and what it refuses.

API versions: kubernetes cmd/kubeadm/app/util/config/common.go of 1.37.2, validateSupportedVersion,
which lists what each version reads and writes. Limits: cmd/kubeadm/app/constants/constants.go and
apis/kubeadm/validation/validation.go of 1.29.6, 1.34.4 and 1.37.2, which say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from imagegen.knowledge.kubernetes import Version


@dataclass(frozen=True, slots=True)
class Api:
    """A version of kubeadm's API; `list_of_args`: extraArgs is a list of names and values."""

    since: Version
    name: str
    list_of_args: bool = False


# newest first; the next is read as well for a while, but each version writes this one
_APIS = (
    Api(Version(1, 31), "kubeadm.k8s.io/v1beta4", list_of_args=True),
    Api(Version(1, 22), "kubeadm.k8s.io/v1beta3"),
    Api(Version(1, 0), "kubeadm.k8s.io/v1beta2"),
)

# kube-apiserver's own, which kubeadm need not be told (pkg/kubeapiserver/options/options.go)
DEFAULT_NODE_PORTS = "30000-32767"
DEFAULT_DNS_DOMAIN = "cluster.local"

# kubeadm sets the kubelet's cgroupDriver to systemd from here on (kubernetes PR 102133)
SYSTEMD_CGROUPS_FROM = Version(1, 22)

# MinimumAddressesInServiceSubnet: the DNS service takes the tenth address
SMALLEST_SERVICE_RANGE = 10
# MaximumBitsForServiceSubnet
SERVICE_BITS = 20
# what a node gets of the pods' range (DefaultNodeMaskCIDRIPv4 and IPv6), and how many nodes' shares
# it may hold (PodSubnetNodeMaskMaxDiff)
NODE_MASK = {4: 24, 6: 64}
NODES_BITS = 16


def api_of(version: Version) -> Api:
    """The API version that a kubeadm of this version writes."""
    return next(api for api in _APIS if version >= api.since)
