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

# systemd.unit(5), SPECIFIERS, of 252, asked of its systemd-analyze; `c`, `r` and `R` are old ones
# that it still expands. A release that is newer may know more, and none of today's knows fewer
# digits: there are none at all.
_SPECIFIERS = frozenset("abcdfghijlmnopqrstuvwyABCEGHIJLMNPRSTUVWY%")
# came after it: systemd.unit(5) of 257
_LATER = frozenset("D")
_LATER_FROM = 253

# What the boot, the network and the node's first start hang on. systemd's own, by bootup(7) and
# systemd-udevd.service(8); cloud-init's, before and from 24.3 on (its boot stages).
_BOOT_UNITS = (
    "default.target", "sysinit.target", "basic.target", "multi-user.target", "local-fs.target",
    "local-fs-pre.target", "network.target", "network-pre.target", "network-online.target",
    "sockets.target", "timers.target", "paths.target", "slices.target",
    "systemd-modules-load.service", "systemd-sysctl.service", "systemd-udevd.service",
    "systemd-udevd-kernel.socket", "systemd-udevd-control.socket", "systemd-udev-trigger.service",
    "systemd-tmpfiles-setup.service", "systemd-tmpfiles-setup-dev.service",
    "systemd-remount-fs.service", "systemd-journald.service", "systemd-journald.socket",
    "dbus.service", "dbus.socket", "dbus-broker.service",
)
CLOUD_INIT_UNITS = (
    "cloud-init-local.service", "cloud-init.service", "cloud-init-network.service",
    "cloud-init-main.service", "cloud-config.service", "cloud-final.service", "cloud-init.target",
    "cloud-config.target",
)
# the daemon that brings the network up, by the release's kind of network (its StrEnum's values)
NETWORK_UNITS: Mapping[str, tuple[str, ...]] = {
    "systemd-networkd": ("systemd-networkd.service", "systemd-networkd.socket"),
    "NetworkManager": ("NetworkManager.service",), "ifupdown": ("networking.service",),
}
# without them no node is in IPVS mode, or none gets its name
NEEDED_UNITS = ("kube-proxy.service", "imagegen-check.service", *_BOOT_UNITS, *CLOUD_INIT_UNITS)


def is_specifier(letter: str, systemd: int) -> bool:
    """Whether a systemd of this version expands `%` and this letter; 0 for an unknown version."""
    later = letter in _LATER and (systemd >= _LATER_FROM or not systemd)
    return letter in _SPECIFIERS or later


def known(systemd: int) -> dict[str, bool]:
    """Setting -> whether a systemd of this version takes it, for the templates."""
    return {setting: since <= systemd for setting, since in SINCE.items()}


def service_type(systemd: int) -> str:
    """`exec` fails at once where the program cannot be run; older ones have `simple` for it."""
    return "exec" if SINCE["Type=exec"] <= systemd else "simple"
