"""Which systemd was the first to know what imagegen writes into units and network files.

From the `Added in version` notes of systemd's manual pages; 0 where there is none, for what is
older than they are. A setting that a release's systemd does not know is not written for it.
"""

from __future__ import annotations

from collections.abc import Mapping

SINCE: Mapping[str, int] = {
    "After": 0, "Before": 0, "Wants": 0, "Requires": 0, "WantedBy": 0, "Description": 0,
    "Documentation": 0, "ConditionPathExists": 0, "EnvironmentFile": 0, "Environment": 0,
    "WorkingDirectory": 0, "ExecStart": 0, "ExecStartPre": 0, "Restart": 0, "RestartSec": 0,
    "LimitNOFILE": 0, "Name": 0, "TimeoutStartSec": 188, "DefaultDependencies": 0, "Conflicts": 0,
    "RemainAfterExit": 0, "StandardOutput": 0, "StandardError": 0, "SyslogIdentifier": 0,
    "Type": 0, "RuntimeDirectory": 211, "Unmanaged": 233,
    "RuntimeDirectoryPreserve": 235, "Type=exec": 240, "ManageForeignRoutes": 246,
    "ManageForeignRoutingPolicyRules": 249,
}

# without them no node is in IPVS mode, or none gets its name
NEEDED_UNITS = ("kube-proxy.service", "imagegen-check.service", "systemd-modules-load.service",
                "systemd-sysctl.service", "cloud-init.service", "cloud-init-local.service",
                "cloud-init-network.service", "cloud-config.service", "cloud-final.service")


def known(systemd: int) -> dict[str, bool]:
    """Setting -> whether a systemd of this version takes it, for the templates."""
    return {setting: since <= systemd for setting, since in SINCE.items()}


def service_type(systemd: int) -> str:
    """`exec` fails at once where the program cannot be run; older ones have `simple` for it."""
    return "exec" if SINCE["Type=exec"] <= systemd else "simple"
