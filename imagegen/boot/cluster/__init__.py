"""A control plane on loopback: real etcd and real kube-apiserver, for tests and for `verify`."""

from imagegen.boot.cluster.model import (
    Authorization,
    ClusterSpec,
    Protocol,
    ServicePort,
    ServiceSpec,
    ServiceType,
)
from imagegen.boot.cluster.plane import ControlPlane
from imagegen.boot.cluster.rest import ApiError
from imagegen.boot.cluster.start import control_plane

__all__ = [
    "ApiError",
    "Authorization",
    "ClusterSpec",
    "ControlPlane",
    "Protocol",
    "ServicePort",
    "ServiceSpec",
    "ServiceType",
    "control_plane",
]
