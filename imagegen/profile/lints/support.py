"""Fields of the node that a release's family has no way to bring about."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import Manager, Release
from imagegen.profile.lints.image import known_release
from imagegen.profile.model import Profile
from imagegen.profile.node_files import UnitState
from imagegen.profile.problem import Problem


def unsupported(profile: Profile) -> Iterator[Problem]:
    """Fields that ask for what the release's family has no way to bring about."""
    release = known_release(profile)
    if release is None or release.manager is not Manager.NONE:
        return
    os = profile.os
    # Ignition lays files down, and runs none of the build's steps
    asked: dict[str, object] = {
        "packageMirrors": os.package_mirrors, "users": os.users,
        "caCertificates": os.ca_certificates, "hooks": _some(profile),
        "kernelArguments": os.kernel_arguments}
    for key, value in asked.items():
        if value:
            yield Problem(("os", key), f"imagegen does not write os.{key} for {release.title}",
                          "remove it, and bring the files that do the same by os.files",
                          of_key=True, rule="node-field-unsupported")
    yield from _by_steps(profile, release)


def _some(profile: Profile) -> bool:
    return bool(profile.os.hooks.before or profile.os.hooks.after)


def _by_steps(profile: Profile, release: Release) -> Iterator[Problem]:
    """What only a build's step brings about, where there is no build."""
    for index, file in enumerate(profile.os.files):
        if (file.owner, file.group) != ("root", "root"):
            yield Problem(("os", "files", index), f"on {release.title} files are root's, since no "
                          "build runs there", "remove `owner` and `group`",
                          rule="node-field-unsupported")
    for index, unit in enumerate(profile.os.units):
        if unit.state in (UnitState.ENABLED, UnitState.DISABLED):
            yield Problem(("os", "units", index, "state"), f"on {release.title} no build runs that "
                          f"could make {unit.name} {unit.state}", "remove `state`, or mask the "
                          "unit", rule="node-field-unsupported")


def key_files(profile: Profile) -> Iterator[Problem]:
    """sshd finds the profile's keys by a drop-in, which an old one does not read."""
    release = known_release(profile)
    for index, user in enumerate(profile.os.users):
        if release and not release.drop_ins and user.ssh_keys:
            yield Problem(("os", "users", index, "sshKeys"), f"sshd of {release.title} reads no "
                          "/etc/ssh/sshd_config.d, by which it would find these keys",
                          "bring them with the node's seed (cloud-init's `users`)",
                          rule="node-field-unsupported")
