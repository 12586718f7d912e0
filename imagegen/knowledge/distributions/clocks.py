"""The time clients that `os.timeServers` speaks to, as each family's package reads them."""

from __future__ import annotations

from imagegen.knowledge.distributions.model import Clock

_MULTI_USER = "/etc/systemd/system/multi-user.target.wants"

TIMESYNCD = Clock(
    "systemd-timesyncd", "/usr/lib/systemd/systemd-timesyncd",
    "/lib/systemd/system/systemd-timesyncd.service", "/etc/systemd/system/sysinit.target.wants",
    "/etc/systemd/timesyncd.conf.d/90-imagegen.conf", whole=False, source="timesyncd.conf(5)")
CHRONY_APT = Clock(
    "chrony", "/usr/sbin/chronyd", "/lib/systemd/system/chrony.service", _MULTI_USER,
    "/etc/chrony/sources.d/imagegen.sources", whole=False, source="chrony.conf(5), sourcedir")
# The packages' /etc/chrony.conf names no folder of the owner's that chronyd would read as well
# (Amazon's does, and its pool beside it), so the file is written whole.
CHRONY_RPM = Clock(
    "chrony", "/usr/sbin/chronyd", "/usr/lib/systemd/system/chronyd.service", _MULTI_USER,
    "/etc/chrony.conf", whole=True, source="chrony.conf(5)")
