"""`imagegen verify`: the sealed image booted, in a cluster or without one, and what it said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagegen.bake.accelerator import Accelerator
from imagegen.boot.cluster import ClusterSpec, ServicePort, ServiceSpec, ServiceType, control_plane
from imagegen.boot.cluster.model import GUEST_VIEW
from imagegen.boot.distinct import distinct
from imagegen.boot.seed import NodeIdentity
from imagegen.boot.verify import NodeReport, verify
from imagegen.common.errors import InputError
from imagegen.common.progress import Progress
from imagegen.knowledge.families import Family, endpoint
from imagegen.plan.node_network import PROXY_ENV, no_proxy
from imagegen.profile.load import load_profile
from imagegen.profile.model import Profile
from imagegen.render.seed import SeedFile

NODE_NAME = "imagegen-verify"
# The address that QEMU's user network gives its first client. By IPv6 it gives one only to a node
# that takes router advertisements, so the cluster's lies on a device of its own (RFC 3849).
GUEST_ADDRESS, GUEST_ADDRESS_IPV6 = "10.0.2.15", "2001:db8:9e::15"
_ADDRESSES = {Family.IPV4: GUEST_ADDRESS, Family.IPV6: GUEST_ADDRESS_IPV6}
_IPV6_DEVICE = (
    ("ip", "link", "add", "lan6", "type", "dummy"),
    ("ip", "address", "add", f"{GUEST_ADDRESS_IPV6}/64", "dev", "lan6", "nodad"),
    ("ip", "link", "set", "lan6", "up"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """The reports of all clones, and the sentences about what they share and should not."""

    reports: tuple[NodeReport, ...]
    shared: tuple[str, ...]

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """The verdicts, as the nodes sent them."""
        return [json.loads(report.verdict) for report in self.reports]

    @property
    def green(self) -> bool:
        """Whether every clone is green and a node of its own."""
        return not self.shared and all(v["verdict"] == "green" for v in self.verdicts)


def prove(image: Path, progress: Progress, *, cluster: bool, profile: Path | None, clones: int,
          timeout: float, keep_log: Path | None, accelerator: Accelerator) -> Proof:
    """Boot an image and hear it. Raises what `verify` raises, InputError without the profile."""
    with _identity(image, progress, cluster, profile) as identity:
        reports = verify(image, identity=identity, timeout=timeout, accelerator=accelerator,
                         progress=progress, clones=clones, keep_log=keep_log)
    return Proof(tuple(reports), distinct(reports) if clones > 1 else ())


@contextmanager
def _identity(image: Path, progress: Progress, cluster: bool,
              given: Path | None) -> Iterator[NodeIdentity]:
    """Who the node is: alone, or in a cluster that lives as long as the context."""
    if not cluster:
        yield NodeIdentity(NODE_NAME, level="kernel")
        return
    profile = load_profile(given) if given else profile_of(image)
    with local_cluster(profile, progress) as identity:
        yield identity


def profile_of(image: Path) -> Profile:
    """The profile that an image was made from, as its manifest keeps it."""
    manifest = image.with_suffix(".manifest.json")
    try:
        document = json.loads(manifest.read_text())
        return Profile.model_validate(document["profile"])
    except (OSError, ValueError, KeyError):
        raise InputError(f"there is no manifest of {image.name} beside it ({manifest.name})",
                         hint="name the image's profile with --profile") from None


@contextmanager
def local_cluster(profile: Profile, progress: Progress) -> Iterator[NodeIdentity]:
    """A real control plane on loopback with the profile's ranges, and a node that belongs to it."""
    if not profile.kube_proxy.by_unit:
        raise InputError("nothing of this image runs kube-proxy (kubeProxy.runBy: "
                         f"{profile.kube_proxy.run_by}), so it shows no table in a local cluster",
                         hint="verify it without --cluster, which proves level kernel")
    cluster = profile.cluster
    spec = ClusterSpec(profile.kube_proxy.version, cluster.service_cidr, cluster.node_port_range,
                       cluster.api_servers)
    addresses = [_ADDRESSES[family] for family in cluster.families]
    with control_plane(spec, progress) as plane:
        # detectLocalMode NodeCIDR waits for the node's own part of the pods' range
        plane.create_node(NODE_NAME, ",".join(addresses), pods_of_the_node(profile))
        service, endpoints = sample_service(profile)
        plane.create_service(service)
        plane.create_endpoints(service, endpoints)
        yield NodeIdentity(
            NODE_NAME, level="table", address=addresses[0],
            api_servers=tuple(plane.api_servers()), kubeconfig=plane.kubeconfig(plane.guest_url),
            kubeconfig_path=profile.kube_proxy.kubeconfig,
            commands=_IPV6_DEVICE if Family.IPV6 in cluster.families else (),
            files=past_the_proxy(profile),
        )


def pods_of_the_node(profile: Profile) -> str:
    """The first 256 addresses of the pods' range, as a controller would give them to a node."""
    whole = profile.cluster.pods[0]
    return str(next(whole.subnets(new_prefix=max(whole.prefixlen, whole.max_prefixlen - 8))))


def past_the_proxy(profile: Profile) -> tuple[SeedFile, ...]:
    """The API server of this machine is no host that the profile's proxy knows."""
    if profile.os.proxy is None:
        return ()
    direct = ",".join([*no_proxy(profile, profile.os.proxy), GUEST_VIEW])
    return (SeedFile(PROXY_ENV, f"NO_PROXY={direct}\n".encode()),)


def sample_service(profile: Profile) -> tuple[ServiceSpec, list[str]]:
    """A service with a node port and two real servers of each family that services have, so that
    the table shows more than itself."""
    cluster = profile.cluster
    port = ServicePort(80, 8080, node_port=int(cluster.node_port_range.split("-")[0]))
    addresses = [str(one[min(80, one.num_addresses - 2)]) for one in cluster.services]
    service = ServiceSpec("default", "sample", addresses[0], (port,), ServiceType.NODE_PORT,
                          *addresses[1:])
    pods = [one for one in cluster.pods if Family.of(one) in cluster.families]
    return service, [endpoint(one[number], 8080) for one in pods for number in (2, 3)]
