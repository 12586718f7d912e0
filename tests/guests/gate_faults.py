"""Faults of a node whose kubelet waits behind the gate."""

from __future__ import annotations

from tests.guests.faults import Fault

OVERRIDDEN = Fault("gate-overridden", (("systemctl", "daemon-reload"),),
                   "override.imagegen-gate.service", "imagegen-gate.service",
                   files=(("/etc/systemd/system/imagegen-gate.service.d/a.conf",
                           "[Service]\nExecStart=\nExecStart=/bin/true\n"),),
                   mend=(("systemctl", "daemon-reload"),))
UNLINKED = Fault("gate-unlinked", (("rm", "/etc/systemd/system/kubelet.service.wants/"
                                    "imagegen-gate.service"), ("systemctl", "daemon-reload")),
                 "unit.imagegen-gate.service", "enable",
                 mend=(("systemctl", "enable", "imagegen-gate.service"),))
GATE_FAULTS = (UNLINKED, OVERRIDDEN)
