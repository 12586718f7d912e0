"""Every fault that a test does to a booted node, by the node that it is done to."""

from __future__ import annotations

from tests.guests.api_faults import API_FAULTS
from tests.guests.family_faults import FAMILY_FAULTS
from tests.guests.faults import FAULTS, ROOT_FAULTS, Fault
from tests.guests.gate_faults import GATE_FAULTS
from tests.guests.nftables_faults import NFTABLES_FAULTS
from tests.guests.node_faults import NODE_FAULTS
from tests.guests.rival_faults import RIVAL_FAULTS
from tests.guests.table_faults import TABLE_FAULTS

ON_QUICKSTART = (*FAULTS, *RIVAL_FAULTS, *TABLE_FAULTS)
# the functional probe fails beside the module that it needs, so its test makes its own fault
PROBE_FAULT = "scheduler-out-of-reach"
# by the name of the profile of the node
FAULTS_BY_PROFILE: dict[str, tuple[Fault, ...]] = {
    "quickstart": ON_QUICKSTART, "full-node": NODE_FAULTS, "nftables": NFTABLES_FAULTS,
    "dual-stack": FAMILY_FAULTS, "api-node": API_FAULTS, "immutable-node": ROOT_FAULTS,
    "gated-node": GATE_FAULTS}


def name_every_fault() -> list[str]:
    """The names of all of them."""
    return [PROBE_FAULT, *(fault.name for faults in FAULTS_BY_PROFILE.values() for fault in faults)]
