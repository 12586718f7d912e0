"""A release of the table as single values by name, so that each is compared and marked alone."""

from __future__ import annotations

from typing import Any

from imagegen.knowledge.distributions import Release
from tests.knowledge.data import Observation, observations


def list_values(release: Release) -> dict[str, Any]:
    """`systemd` -> 252, `masked.ipvsadm.service` -> True and so on, in the table's order.

    Not among them: what imagegen decides itself. Where it makes the base, it decides the network's
    and the time's daemon too.
    """
    kernel, python, trust, chrony = release.kernel, release.python, release.trust, release.chrony
    packages = {(package.tool or package.name).rpartition("/")[2]: package.name
                for package in release.packages}
    base = {"network": release.network.value, "time_unit": release.time_unit}
    return {
        "manager": release.manager.value,
        "kernel.series": kernel.series, "kernel.package": kernel.package,
        "kernel.suffix": kernel.suffix, "kernel.lacks": list(kernel.lacks),
        "systemd": release.systemd, "cloud_init": release.cloud_init,
        "python.version": python.version, "python.path": python.path,
        **({"python.package": python.package} if python.package else {}),
        "conntrack": release.conntrack, **(base if release.mirror is None else {}),
        "reads_ipvs_modules": release.reads_ipvs_modules,
        "applies_sysctl_conf": release.applies_sysctl_conf,
        **{f"packages.{tool}": name for tool, name in packages.items()},
        **{f"masked.{unit}": True for unit, _ in release.masked},
        "chrony.package": chrony.package, "chrony.program": chrony.program,
        "chrony.unit_path": chrony.unit_path, "chrony.path": chrony.path,
        "containerd": release.containerd.package,
        "trust.folder": trust.folder, "trust.command": list(trust.command),
        "trust.bundle": trust.bundle,
        "archive_key": release.archive_key, "initramfs": release.initramfs.value,
        "drop_ins": release.drop_ins,
    }


def observed(release: Release) -> dict[str, Observation]:
    """What the distribution's own data says of the release."""
    return observations().get(release.title, {})


def list_believed(release: Release) -> list[str]:
    """The values that no data of the distribution's bears out."""
    return [name for name in list_values(release) if name not in observed(release)]
