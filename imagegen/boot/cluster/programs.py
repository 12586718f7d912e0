"""Which etcd and which kube-apiserver to run, and with which flags."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.kube import KubeProgram, bring_programs, nearest
from imagegen.bake.tools import find_tool
from imagegen.boot.cluster.certificates import Certificates
from imagegen.boot.cluster.model import ClusterSpec
from imagegen.common.errors import ToolError
from imagegen.common.progress import Progress
from imagegen.knowledge.kubernetes import Version
from imagegen.knowledge.kubernetes_gates import DUAL_STACK_DEFAULT_FROM, DUAL_STACK_GATE
from imagegen.knowledge.tools import Tool

# envtest's convention (book.kubebuilder.io/reference/envtest): a folder with both programs
_ASSETS = "KUBEBUILDER_ASSETS"
# Documentation addresses (RFC 5737, RFC 3849): with no reconciler none is used, but the API server
# wants one of its services' family, and a loopback address or a machine without a default route
# stops it.
_ADVERTISED, _ADVERTISED_IPV6 = "192.0.2.1", "2001:db8::1"


@dataclass(frozen=True, slots=True)
class Programs:
    """The two programs' paths, and the API server's version."""

    etcd: str
    apiserver: str
    kubernetes: str


def find_programs(version: str, progress: Progress) -> Programs:
    """From KUBEBUILDER_ASSETS where that is set, else Debian's etcd and Kubernetes' API server.

    It is of this version, or of the nearest that can be compiled. Raises ToolError for a program
    that is not there.
    """
    folder = os.environ.get(_ASSETS)
    if folder:
        return Programs(_asset(Path(folder), "etcd"), _asset(Path(folder), "kube-apiserver"),
                        version)
    etcd, served = find_tool(Tool.ETCD), nearest(version, KubeProgram.APISERVER)
    wanted = (KubeProgram.APISERVER, served)
    return Programs(etcd, str(bring_programs([wanted], progress)[wanted]), served)


def _asset(folder: Path, name: str) -> str:
    path = folder / name
    if not os.access(path, os.X_OK):
        raise ToolError(f"{_ASSETS} is set to {folder}, but {path} is not an executable",
                        hint=f"put {name} there, or unset {_ASSETS}")
    return str(path)


def etcd_command(etcd: str, folder: Path, client: int, peer: int) -> list[str]:
    """Etcd of one member, on loopback."""
    here, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return [etcd, "--name=only", f"--data-dir={folder / 'etcd'}", "--logger=zap",
            f"--listen-client-urls={here}", f"--advertise-client-urls={here}",
            f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=only={peers}"]


def apiserver_command(
    apiserver: str, spec: ClusterSpec, certificates: Certificates, tokens: Path, etcd: int,
    port: int,
) -> list[str]:
    """The API server on loopback; the `kubernetes` service's endpoints are left to us."""
    return [
        apiserver,
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--advertise-address={_ADVERTISED_IPV6 if spec.primary_ipv6 else _ADVERTISED}",
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={certificates.certificate}",
        f"--tls-private-key-file={certificates.key}",
        f"--token-auth-file={tokens}",
        f"--authorization-mode={spec.authorization}",
        "--anonymous-auth=false",
        "--disable-admission-plugins=ServiceAccount",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={certificates.account_key}",
        f"--service-account-key-file={certificates.account_public_key}",
        f"--service-cluster-ip-range={spec.service_cidr}",
        f"--service-node-port-range={spec.node_port_range}",
        "--request-timeout=20s",
        *_gates(spec),
    ]


def _gates(spec: ClusterSpec) -> list[str]:
    """Two service ranges want a gate up to 1.20 (KEP-563)."""
    old = Version.parse(spec.kubernetes) < DUAL_STACK_DEFAULT_FROM
    return [f"--feature-gates={DUAL_STACK_GATE}=true"] if old and "," in spec.service_cidr else []
