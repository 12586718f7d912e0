"""People's accounts on the old node, with their ssh keys; never a password."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.knowledge.accounts import GROUPS, USERS
from imagegen.profile.fields import Refused
from imagegen.profile.lints.access import BUILD_ACCOUNT
from imagegen.profile.ssh_key import ssh_key

PASSWD, GROUP, SUDOERS = "/etc/passwd", "/etc/group", "/etc/sudoers"
SSHD = "/etc/ssh/sshd_config"
# login.defs(5): UID_MIN; nobody is 65534, or -2 as it was once written
_FIRST, _NOBODY = 1000, (65534, 4294967294)
_NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt")
_ADMINS = ("sudo", "wheel", "admin")
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_KEY_FILES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
MAX_USERS, MAX_LINES = 200, 200


@dataclass(frozen=True, slots=True)
class Account:
    """A line of /etc/passwd."""

    line: int
    name: str
    password: str
    uid: int
    gid: int
    home: str
    shell: str

    @property
    def logs_in(self) -> bool:
        """Whether somebody might log in as it: an account of a person's, with a shell."""
        person = self.uid >= _FIRST and self.uid not in _NOBODY
        return person and not self.shell.endswith(_NO_LOGIN)


def accounts(files: Files) -> Iterator[Account]:
    """All lines of /etc/passwd that are lines of it (passwd(5))."""
    for number, row in enumerate((files.text(PASSWD) or "").split("\n"), 1):
        parts = row.rstrip("\r").split(":")
        if len(parts) == 7 and _is_number(parts[2]) and _is_number(parts[3]):
            yield Account(number, parts[0], parts[1], int(parts[2]), int(parts[3]), parts[5],
                          parts[6] or "/bin/sh")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def groups(files: Files) -> dict[str, tuple[int, frozenset[str]]]:
    """Name -> number and members (group(5))."""
    rows = (row.rstrip("\r").split(":") for row in (files.text(GROUP) or "").split("\n"))
    return {row[0]: (int(row[2]), frozenset(filter(None, row[3].split(",")))) for row in rows
            if len(row) == 4 and _is_number(row[2])}


def adopted_users(files: Files, notes: Notes) -> list[dict[str, Any]]:
    """Users with a login shell, and the public keys that sshd would have taken of theirs."""
    people = list(islice((one for one in accounts(files) if one.logs_in), MAX_USERS))
    _roots_keys(files, notes)
    known = [one for one in people if _is_known(one, notes)]
    if known:
        notes.add(f"passwords are never carried over: {', '.join(one.name for one in known)} "
                  f"({PASSWD}:{known[0].line}) can log in with the ssh keys alone", "os", "users")
    own, teams = {one.name for one in known}, groups(files)
    return [_user(files, one, own, teams, notes) for one in known]


def _is_known(one: Account, notes: Notes) -> bool:
    """Whether the image can have it, and its password was not in the open."""
    if len(one.password) > 1:
        notes.add(f"{PASSWD}:{one.line} holds a password of {one.name}: never carried over",
                  "os", "users")
    if _NAME.fullmatch(one.name) and one.name not in {*USERS, *GROUPS, BUILD_ACCOUNT}:
        return True
    notes.add(f"{PASSWD}:{one.line}: the user {one.name} cannot be carried over under this name: "
              "it is the base image's already, or useradd takes no such name", "os", "users")
    return False


def _user(files: Files, one: Account, own: set[str],
          teams: Mapping[str, tuple[int, frozenset[str]]], notes: Notes) -> dict[str, Any]:
    asked = [name for name, (number, members) in teams.items()
             if (one.name in members or number == one.gid) and name != one.name]
    admin = [name for name in asked if name in _ADMINS]
    sudo = bool(admin) or _in_sudoers(files, one.name)
    if admin:
        notes.add(f"{one.name} was in {admin[0]}: here `sudo: true`, which asks for no password, "
                  "since nobody has one", "os", "users")
    kept = [name for name in asked if name in GROUPS | own and name not in _ADMINS]
    for name in asked:
        if name not in kept and name not in _ADMINS:
            notes.add(f"{GROUP}: {one.name} was in {name}, which no base image has: not carried "
                      "over", "os", "users")
    return {"name": one.name, "sshKeys": _keys(files, one, notes), "groups": kept,
            "shell": one.shell, "sudo": sudo}


def _in_sudoers(files: Files, name: str) -> bool:
    paths = [SUDOERS, *(f"{SUDOERS}.d/{one}" for one in files.names(f"{SUDOERS}.d")
                        if "." not in one and not one.endswith("~"))]
    return any(_may_all(line, name) for path in paths
               for line in (files.text(path) or "").splitlines())


def _may_all(line: str, name: str) -> bool:
    """`NAME ALL=(ALL) ALL`, with or without a tag before the last."""
    words = line.replace("=", " = ").split()
    return words[:3] == [name, "ALL", "="] and words[-1] == "ALL"


def _keys(files: Files, one: Account, notes: Notes) -> list[str]:
    found: dict[bytes, str] = {}
    for path in _key_paths(files, one):
        for number, line in enumerate((files.text(path) or "").splitlines()[:MAX_LINES], 1):
            if line.strip() and not line.lstrip().startswith("#"):
                _key(line.strip(), f"{path}:{number}", found, notes)
    if not found:
        notes.add(f"no ssh key of {one.name} was found ({one.home}/.ssh/authorized_keys), so "
                  "nobody can log in as this user", "os", "users")
    return list(found.values())


def _key_paths(files: Files, one: Account) -> list[str]:
    """sshd_config(5), AuthorizedKeysFile: %h is the home, %u the name."""
    rows = [line.split() for path in (SSHD, *(f"{SSHD}.d/{name}" for name in
                                              files.names(f"{SSHD}.d")))
            for line in (files.text(path) or "").splitlines()]
    asked = [row[1:] for row in rows if row and row[0].lower() == "authorizedkeysfile"]
    patterns = dict.fromkeys([*_KEY_FILES, *(name for row in asked for name in row)])
    paths = (name.replace("%h", one.home).replace("%u", one.name) for name in patterns)
    return [path if path.startswith("/") else f"{one.home}/{path}" for path in paths]


def _key(line: str, where: str, found: dict[bytes, str], notes: Notes) -> None:
    """A line that sshd would not take, or that is no public key, is told without its words."""
    try:
        found.setdefault(ssh_key(line).blob, line)
    except Refused as refused:
        secret = refused.rule == "secret-private-key"
        why = "it is a private key, never carried over" if secret else "sshd would not take it"
        notes.add(f"{where} is no public key to carry over: {why}", "os", "users")


def _roots_keys(files: Files, notes: Notes) -> None:
    for name in _KEY_FILES:
        if (files.text(f"/root/{name}") or "").strip():
            notes.add(f"/root/{name} lets people log in as root: an image has no key of root's; "
                      "give them a user with `sudo: true`", "os", "users")


def owner_of(files: Files, path: str) -> dict[str, str]:
    """Owner and group of a file by name, as a profile's file has them; nothing where root's."""
    numbers = files.owner(path)
    if numbers is None:
        return {}
    users = {one.uid: one.name for one in accounts(files)}
    teams = {number: name for name, (number, _) in groups(files).items()}
    found = {"owner": users.get(numbers[0]), "group": teams.get(numbers[1])}
    return {key: name for key, name in found.items() if name not in (None, "root")}
