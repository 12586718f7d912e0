"""Accounts and files of a part, judged as os.users and os.files are.

A part's account becomes a user of a profile like this one, its file a file of it, and the lints of
those fields speak about them; their findings are then moved to where the part says it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from imagegen.knowledge.accounts import USERS
from imagegen.knowledge.cloud_config_values import HOMES_CHECKED_SINCE, NEED_HOME, NO_HOME
from imagegen.profile.cloud_init import Part, PartKind
from imagegen.profile.fields import AccountName, Refused, Unknown, shown
from imagegen.profile.lints.cloud_init import mode_of, read
from imagegen.profile.lints.cloud_init_values import cloud_init_version
from imagegen.profile.lints.in_part import in_part
from imagegen.profile.model import Profile
from imagegen.profile.node_access import User
from imagegen.profile.node_files import File
from imagegen.profile.problem import Problem, Severity
from imagegen.profile.ssh_key import ssh_key

Path = tuple[str | int, ...]
Lint = Callable[[Profile], Iterator[Problem]]
_DEFAULT = "default"
_NAME: TypeAdapter[str] = TypeAdapter(AccountName)
_PASSWORDS = ("passwd", "hashed_passwd", "plain_text_passwd")
# findings that are not so for a part: its own lints judge owners and what lies in the image
# already, and cloud-init puts keys where every sshd finds them
_OTHERWISE = ("node-account-unknown", "node-field-unsupported", "node-sysctl-file", "path-")
_ALSO = ("path-of-one-node", "path-of-system")
# how the fields are called in a part
_KEYS = {"sshKeys": "ssh_authorized_keys", "mode": "permissions"}


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a part: where it stands there, and what is said of it."""

    part: Part
    path: Path
    name: str
    config: Mapping[str, Any]

    @property
    def keys(self) -> list[str]:
        """Its public keys, as far as they are text."""
        given = self.config.get("ssh_authorized_keys") or ()
        return [key for key in given if isinstance(key, str)] if isinstance(given, list) else []

    @property
    def has_way_in(self) -> bool:
        """Whether it can be logged in to without a key in the part."""
        unlocked = self.config.get("lock_passwd") is False and any(
            self.config.get(key) for key in _PASSWORDS)
        return unlocked or bool(self.config.get("ssh_import_id") or self.config.get("snapuser")
                                or self.config.get("ssh_redirect_user")
                                or self.config.get("system"))


def part_fields(profile: Profile, lints: Sequence[Lint]) -> Iterator[Problem]:
    """What the lints of os.users and os.files say about the parts' accounts and files."""
    for part, path, config in _configs(profile):
        accounts = list(_accounts(part, config, path))
        found = (*_own(profile, config, accounts, path),
                 *_of_users(profile, accounts, lints),
                 *_of_files(profile, list(_files(config, path)), lints))
        yield from (in_part(part, one) for one in found)


def _configs(profile: Profile) -> Iterator[tuple[Part, Path, dict[str, Any]]]:
    for index, part in enumerate(profile.cloud_init.parts):
        config = read(part) if part.kind is PartKind.CLOUD_CONFIG else None
        if isinstance(config, dict):
            yield part, ("cloudInit", "parts", index, "content"), config


def _accounts(part: Part, config: Mapping[str, Any], path: Path) -> Iterator[Account]:
    """The accounts of `users`, in each of the forms that cloud-init takes (ug_util.py)."""
    users, where = config.get("users"), (*path, "users")
    if isinstance(users, str):
        yield from (Account(part, where, name.strip(), {}) for name in users.split(","))
    elif isinstance(users, dict):
        for name, given in users.items():
            if given and isinstance(name, str):
                yield Account(part, (*where, name), name, _plain(given))
    for index, entry in enumerate(users if isinstance(users, list) else ()):
        if isinstance(entry, str):
            yield Account(part, (*where, index), entry, {})
        elif isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield Account(part, (*where, index), entry["name"], _plain(entry))


def _plain(given: object) -> dict[str, Any]:
    """A user's keys in one spelling."""
    return {str(key).replace("-", "_"): value for key, value in given.items()} if isinstance(
        given, dict) else {}


def _own(profile: Profile, config: Mapping[str, Any], accounts: list[Account],
         path: Path) -> Iterator[Problem]:
    for account in accounts:
        yield from _name(account)
        yield from _key_lines(account.keys, (*account.path, "ssh_authorized_keys"))
        yield from _home(profile, account)
        yield from _plain_password(account)
    lines = config.get("ssh_authorized_keys")
    if isinstance(lines, list):
        yield from _key_lines([line for line in lines if isinstance(line, str)],
                              (*path, "ssh_authorized_keys"))
    yield from _default_user(config, accounts, path)


def _name(account: Account) -> Iterator[Problem]:
    try:
        _NAME.validate_python(account.name)
    except ValidationError:
        yield Problem((*account.path, "name"), f"{shown(account.name)} is no account's name that "
                      "useradd takes", "write it like deploy", rule="account-form")


def _key_lines(lines: list[str], path: Path) -> Iterator[Problem]:
    for number, line in enumerate(lines):
        try:
            ssh_key(line)
        except Refused as refused:
            yield Problem((*path, number), str(refused), "",
                          rule=refused.rule)


def _home(profile: Profile, account: Account) -> Iterator[Problem]:
    version = cloud_init_version(profile)
    without = [key for key in NO_HOME if account.config.get(key)]
    needing = [key for key in NEED_HOME if account.config.get(key)]
    if without and needing and (version is None or version >= HOMES_CHECKED_SINCE):
        yield Problem((*account.path, without[0]), f"{account.name} has no home with {without[0]}, "
                      f"and {needing[0]} needs one: cloud-init stops there, and makes neither this "
                      "user nor those after it", f"remove {without[0]}", of_key=True,
                      rule="cloud-init-effect")


def _plain_password(account: Account) -> Iterator[Problem]:
    if account.config.get("plain_text_passwd"):
        yield Problem((*account.path, "plain_text_passwd"), f"the password of {account.name} would "
                      "lie in the tree and in every node's user-data as it is",
                      "give the account a key, or bring the password with the node's seed",
                      of_key=True, rule="secret-password")


def _default_user(config: Mapping[str, Any], accounts: list[Account],
                  path: Path) -> Iterator[Problem]:
    """The default user is in the list by its name only (ug_util.py, normalize_users_groups)."""
    if config.get("user") and config.get("users"):
        yield Problem((*path, "user"), "user beside users makes this account the distribution's "
                      "default user, with its groups and its sudo rule, after all of users",
                      "put it into users, with all that it is to have", of_key=True,
                      rule="cloud-init-default-user", severity=Severity.WARNING)
    listed = any(account.name == _DEFAULT for account in accounts) or bool(config.get("user"))
    for key in ("ssh_authorized_keys", "password"):
        if config.get("users") and config.get(key) and not listed:
            yield Problem((*path, key), f"{key} is the default user's, and users does not hold "
                          "`default`: it has no effect", "put it into the entry of users that it "
                          "is for, or add `default` to users", of_key=True,
                          rule="cloud-init-default-user", severity=Severity.WARNING)
    if config.get("password"):
        yield Problem((*path, "password"), "the default user's password would lie in the tree and "
                      "in every node's user-data as it is", "use ssh_authorized_keys", of_key=True,
                      rule="secret-password")


def _of_users(profile: Profile, accounts: list[Account],
              lints: Sequence[Lint]) -> Iterator[Problem]:
    own = profile.os.users
    named = [account for account in accounts if account.name != _DEFAULT]
    users = tuple(_user(account) for account in named)
    if not users:
        return
    like = _with(profile, {"users": (*own, *users)})
    for problem in _said(like, lints, "users", len(own)):
        account = named[int(problem.path[2]) - len(own)]
        if _is_so(problem, account):
            yield _moved(problem, account.path)


def _moved(problem: Problem, path: Path) -> Problem:
    """A finding about an item of a field at its place in the part, in the part's own words."""
    hint = problem.hint.replace("`mode:", "`permissions:").replace("sshKeys", "ssh_authorized_keys")
    rest = tuple(_KEYS.get(str(step), step) for step in problem.path[3:])
    return replace(problem, path=(*path, *rest), hint=hint)


def _user(account: Account) -> User:
    shell = account.config.get("shell")
    keys = tuple(key for key in account.keys if _is_key(key))
    return User.model_construct(
        name=account.name, ssh_keys=keys, groups=(), sudo=bool(account.config.get("sudo")),
        shell=shell if isinstance(shell, str) else "/bin/bash")


def _is_key(line: str) -> bool:
    try:
        ssh_key(line)
    except Refused:
        return False
    return True


def _is_so(problem: Problem, account: Account) -> bool:
    if problem.rule == "node-user-no-key":
        return not account.has_way_in and not account.keys
    # cloud-init adds keys and a sudo rule to an account that is there
    there = problem.rule == "node-user-system" and account.name in USERS
    return not (there and account.keys)


def _files(config: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, File]]:
    entries = config.get("write_files")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        data = _data(entry) if isinstance(entry, dict) else None
        place = entry.get("path") if data is not None else None
        if data is None or not isinstance(place, str) or not place.startswith("/"):
            continue
        text = entry.get("content", "") if entry.get("encoding") is None else None
        mode = mode_of(str(entry.get("permissions", "0644"))) or "0644"
        yield (*path, "write_files", index), File.model_construct(
            path=place, content=text if isinstance(text, str) else None,
            content_base64=base64.b64encode(data).decode(), mode=mode)


def _data(entry: Mapping[str, Any]) -> bytes | None:
    """A file's bytes; None where they come from elsewhere or cannot be read."""
    content, encoding = entry.get("content", ""), str(entry.get("encoding", ""))
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    if not isinstance(data, bytes):
        return None
    try:
        if "64" in encoding:
            data = base64.b64decode(data)
        return gzip.decompress(data) if "gz" in encoding else data
    except (binascii.Error, ValueError, TypeError, OSError, EOFError):
        return None


def _of_files(profile: Profile, files: list[tuple[Path, File]],
              lints: Sequence[Lint]) -> Iterator[Problem]:
    if not files:
        return
    like = _with(profile, {"files": tuple(file for _, file in files)})
    for problem in _said(like, lints, "files", 0):
        yield _moved(problem, files[int(problem.path[2])][0])


def _with(profile: Profile, fields: dict[str, object]) -> Profile:
    return profile.model_copy(update={"os": profile.os.model_copy(update=fields)})


def _said(profile: Profile, lints: Sequence[Lint], field: str, first: int) -> Iterator[Problem]:
    """What the lints say about the items of a field from the first of the part's on."""
    for check in lints:
        try:
            for problem in check(profile):
                of_part = problem.path[:2] == ("os", field) and len(problem.path) > 2
                other = problem.rule.startswith(_OTHERWISE) and problem.rule not in _ALSO
                if of_part and int(problem.path[2]) >= first and not other:
                    yield problem
        except Unknown:
            continue
