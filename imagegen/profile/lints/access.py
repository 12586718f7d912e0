"""Accounts: those that files belong to, those that people log in with, and whom the node trusts."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.accounts import GROUPS, USERS
from imagegen.knowledge.distributions import Distribution
from imagegen.profile.certificate import certificate, is_authority
from imagegen.profile.model import Profile
from imagegen.profile.node_access import User
from imagegen.profile.problem import Problem, Severity
from imagegen.profile.ssh_key import ssh_key

BUILD_ACCOUNT = "imagegen-build"
_SHELLS = ("/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh", "/bin/dash", "/usr/bin/dash",
           "/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false")
_Path = tuple[str | int, ...]


def owners(profile: Profile) -> Iterator[Problem]:
    """`chown` to a name that nobody has would fail in the middle of a build."""
    own = {user.name for user in profile.os.users}
    for index, file in enumerate(profile.os.files):
        path = ("os", "files", index)
        yield from _known(profile, (*path, "owner"), "user", file.owner, USERS | own)
        yield from _known(profile, (*path, "group"), "group", file.group, GROUPS | own)


def _known(profile: Profile, path: _Path, kind: str, name: str,
           known: frozenset[str]) -> Iterator[Problem]:
    """An error where nothing could bring the name; a warning where a package might."""
    if name in known:
        return
    debian = profile.os.distribution is Distribution.DEBIAN
    if profile.os.packages or profile.os.hooks.before or not debian:
        yield Problem(path, f"imagegen does not know the {kind} {name}; the build fails where "
                      "neither the base image nor one of the profile's packages brings it",
                      f"name another {kind}, or make sure that a package brings it",
                      rule="node-account-unknown", severity=Severity.WARNING)
    else:
        yield Problem(path, f"there is no {kind} {name} on the node", "add it to os.users, or "
                      f"name a {kind} of the base image", rule="node-account-unknown")


def users(profile: Profile) -> Iterator[Problem]:
    """Each account once, none of the system's, and each with a way in."""
    own = {user.name for user in profile.os.users}
    seen: set[str] = set()
    for index, user in enumerate(profile.os.users):
        path = ("os", "users", index)
        yield from _name(user, (*path, "name"), seen)
        yield from _keys(user, path)
        yield from _shell(profile, user, (*path, "shell"))
        for number, group in enumerate(user.groups):
            yield from _known(profile, (*path, "groups", number), "group", group, GROUPS | own)
        seen.add(user.name)


def _name(user: User, path: _Path, seen: set[str]) -> Iterator[Problem]:
    if user.name in seen:
        yield Problem(path, f"the user {user.name} stands here a second time",
                      "put all of it into one entry", rule="node-user-twice")
    if user.name in USERS | GROUPS:
        what = "an account" if user.name in USERS else "a group"
        yield Problem(path, f"{user.name} is {what} of the base image already",
                      "choose a name of your own, and `sudo: true` for what needs root",
                      rule="node-user-system")
    if user.name == BUILD_ACCOUNT:
        yield Problem(path, f"{user.name} is the build's own account, and the seal proves that it "
                      "is gone", "choose another name", rule="node-user-system")


def _keys(user: User, path: _Path) -> Iterator[Problem]:
    if not user.ssh_keys and not user.shell.endswith(("nologin", "false")):
        yield Problem((*path, "name"), f"nobody can log in as {user.name}: it has no key, and no "
                      "account has a password", "add `sshKeys`, or `shell: /usr/sbin/nologin`",
                      rule="node-user-no-key", severity=Severity.WARNING)
    seen: set[bytes] = set()
    for number, line in enumerate(user.ssh_keys):
        blob = ssh_key(line).blob
        if blob in seen:
            yield Problem((*path, "sshKeys", number), "the same key stands above", "remove one",
                          rule="node-user-key-twice")
        seen.add(blob)


def _shell(profile: Profile, user: User, path: _Path) -> Iterator[Problem]:
    brought = {*profile.os.packages, *(file.path for file in profile.os.files)}
    if user.shell not in _SHELLS and not {user.shell, user.shell.rpartition("/")[2]} & brought:
        yield Problem(path, f"nothing brings the shell {user.shell}, and a login without one fails",
                      "name its package in os.packages, or use /bin/bash", rule="node-user-shell")


def authorities(profile: Profile) -> Iterator[Problem]:
    """Each certificate once, and each an authority's."""
    seen: dict[bytes, str] = {}
    names: set[str] = set()
    for index, entry in enumerate(profile.os.ca_certificates):
        path, der = ("os", "caCertificates", index), certificate(entry.pem)
        if der in seen and entry.name not in names:
            yield Problem((*path, "pem"), f"this certificate stands above as {seen[der]}",
                          "remove one", rule="node-ca-twice")
        if not is_authority(der):
            yield Problem((*path, "pem"), f"{entry.name} is no certificate authority (it lacks "
                          "CA:TRUE), so programs take no certificate that it signed",
                          "name the authority that signed it", rule="node-ca-not-authority",
                          severity=Severity.WARNING)
        seen.setdefault(der, entry.name)
        names.add(entry.name)
