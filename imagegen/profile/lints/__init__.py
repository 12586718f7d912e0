"""What no single field can know: a profile that reads well and still cannot work."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.profile.fields import Unknown
from imagegen.profile.lints.access import authorities, owners, users
from imagegen.profile.lints.api import beyond_the_node
from imagegen.profile.lints.boot import (
    hooks,
    kernel_arguments,
    runtime,
    swap,
    time_servers,
)
from imagegen.profile.lints.cloud_init import parts
from imagegen.profile.lints.cloud_init_fields import part_fields
from imagegen.profile.lints.cluster import api_servers, families_agree, ranges
from imagegen.profile.lints.families import (
    bind_address,
    cluster_cidr,
    excluded,
    health,
    ipv6_off,
    node_ports,
)
from imagegen.profile.lints.gate import gate, gate_timeout
from imagegen.profile.lints.image import (
    base_from,
    kernels,
    mirrors,
    python,
    release,
    scheduler_of_kernel,
    unmanaged,
    unused_base,
)
from imagegen.profile.lints.kinds import KINDS
from imagegen.profile.lints.kube_proxy import (
    form,
    ipvs_modules_file,
    nftables,
    nftables_kernel,
    scheduler,
    sunset,
    versions,
)
from imagegen.profile.lints.kube_proxy_fields import detect_local, fields
from imagegen.profile.lints.kube_proxy_gates import dual_stack, gates
from imagegen.profile.lints.kube_proxy_values import (
    addresses,
    hidden_metrics,
    logging,
    node_port_addresses,
    primary_node_ports,
    sync_periods,
)
from imagegen.profile.lints.mounts import mounts
from imagegen.profile.lints.node import kept_out, paths
from imagegen.profile.lints.package_sources import package_mirrors
from imagegen.profile.lints.pins import placeholders
from imagegen.profile.lints.root import overlay_root
from imagegen.profile.lints.run_by import (
    cluster_fields,
    kubeadm_ranges,
    left_to_others,
    second_kube_proxy,
    unit_fields,
    version_skew,
)
from imagegen.profile.lints.support import key_files, unsupported
from imagegen.profile.lints.units import units
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

LINTS = (release, versions, sunset, nftables, nftables_kernel, ipvs_modules_file, scheduler, form,
         fields, detect_local, sync_periods, node_port_addresses, addresses, hidden_metrics,
         primary_node_ports, version_skew,
         logging, gates, dual_stack, ranges, families_agree, api_servers, cluster_cidr,
         bind_address, health, node_ports, excluded, ipv6_off, mirrors, base_from, unused_base,
         placeholders,
         python, kernels, scheduler_of_kernel, unmanaged, paths, mounts, parts, kept_out, owners,
         users, authorities,
         units, kernel_arguments, swap, overlay_root, time_servers, package_mirrors, runtime, hooks,
         unsupported, key_files, unit_fields, left_to_others, cluster_fields, second_kube_proxy,
         kubeadm_ranges, gate, gate_timeout, beyond_the_node, *KINDS)


def lint(profile: Profile) -> list[Problem]:
    """All findings of all lints; of a profile with wrong parts, those about the rest."""
    own = [problem for check in LINTS for problem in _as_far_as_known(check(profile))]
    return [*own, *_as_far_as_known(part_fields(profile, LINTS))]


def _as_far_as_known(problems: Iterator[Problem]) -> Iterator[Problem]:
    try:
        yield from problems
    except Unknown:
        return
