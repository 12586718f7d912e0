"""Where a login shows what the check has to say.

pam_motd(8) shows the files of /run/motd.d from Linux-PAM 1.4.0 on, wherever it is called without
`motd=`: in Debian's and Ubuntu's /etc/pam.d/login and sshd that is the second line (`noupdate`), in
the EL family's and Amazon's the only one. EL 8 has 1.3.1, whose NEWS names /etc/motd.d alone, and
what lies in /etc outlives a reboot. Flatcar makes its own motd once a boot.
"""

from __future__ import annotations

from imagegen.knowledge.distributions import Manager, Release

MOTD = "/run/motd.d/imagegen"
_EL_WITH_OLD_PAM = "8"


def motd_of(release: Release) -> str | None:
    """The file whose text a login shows, or None where none would be shown for sure."""
    if release.manager is Manager.NONE:
        return None
    old = release.manager is Manager.DNF and release.release == _EL_WITH_OLD_PAM
    return None if old else MOTD
