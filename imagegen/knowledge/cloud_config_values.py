"""What cloud-init takes under each key of a #cloud-config that a baked node heeds.

From cloudinit/config/schemas/schema-cloud-config-v1.json of 26.2 and the modules that read the
values. A test asks the real schema about a wrong value in every place, and the real modules of
20.4, 22.4 and 25.1 about those that the schema only warns of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """The kinds of values that a place takes; `keys` names them all, `values` stands for any key.

    `words`: text, or a number whose text is the one that was written. `choices` narrows text down,
    and `items` says that a list is taken.
    """

    text: bool = False
    words: bool = False
    number: bool = False
    flag: bool = False
    nothing: bool = False
    anything: bool = False
    choices: tuple[str, ...] = ()
    items: Shape | None = None
    keys: Mapping[str, Shape] | None = None
    values: Shape | None = None
    needs: tuple[str, ...] = ()
    # how many items a list has, where that is fixed; what a text holds
    count: int = 0
    holds: str = ""
    binary: bool = False


_TEXT = Shape(text=True)
_FLAG = Shape(flag=True)
_TEXTS = Shape(items=_TEXT)
_TEXT_OR_LIST = Shape(text=True, items=_TEXT)
# judged by the lints of write_files and of commands
_ELSEWHERE = Shape(anything=True)
_COMMANDS = Shape(items=Shape(text=True, nothing=True, items=Shape(words=True)))


def _mapping(keys: dict[str, Shape], *needs: str) -> Shape:
    return Shape(keys=MappingProxyType(keys), needs=needs)


_USER_KEYS = {
    "name": _TEXT, "doas": _TEXTS, "expiredate": _TEXT, "gecos": _TEXT,
    "groups": Shape(text=True, items=_TEXT, values=Shape(nothing=True)), "homedir": _TEXT,
    "inactive": _TEXT, "lock_passwd": _FLAG, "no_create_home": _FLAG, "no_log_init": _FLAG,
    "no_user_group": _FLAG, "passwd": _TEXT, "hashed_passwd": _TEXT, "plain_text_passwd": _TEXT,
    "create_groups": _FLAG, "primary_group": _TEXT, "selinux_user": _TEXT, "shell": _TEXT,
    "snapuser": _TEXT, "ssh_authorized_keys": _TEXTS, "ssh_import_id": _TEXTS,
    "ssh_redirect_user": Shape(flag=True, text=True, choices=("default",)), "system": _FLAG,
    # true is what a person would write, and cloud-init stops at it
    "sudo": Shape(text=True, nothing=True, items=Shape(text=True, nothing=True)),
    "uid": Shape(number=True, text=True),
}
# cloud-init reads a dash in a user's key as an underscore (cloudinit/distros/ug_util.py)
_DASHED = {name.replace("_", "-"): shape for name, shape in _USER_KEYS.items() if "_" in name}
USER = Shape(keys=MappingProxyType(_USER_KEYS | _DASHED))
_CA = {"remove_defaults": _FLAG, "remove-defaults": _FLAG, "trusted": _TEXTS}
_SIZE = Shape(number=True, text=True)
_MEMBERS = Shape(text=True, items=_TEXT)

SHAPES: Mapping[str, Shape] = MappingProxyType({
    "bootcmd": _COMMANDS, "runcmd": _COMMANDS,
    "write_files": Shape(items=_mapping({
        "path": _ELSEWHERE, "content": Shape(text=True, binary=True), "owner": _TEXT,
        "permissions": _ELSEWHERE,
        "encoding": _TEXT, "append": _FLAG, "defer": _FLAG,
        "source": _mapping({"uri": _TEXT, "headers": Shape(values=_TEXT)}, "uri")})),
    "growpart": _mapping({
        "mode": Shape(text=True, choices=("auto", "growpart", "gpart", "off")),
        "devices": _TEXTS, "ignore_growroot_disabled": _FLAG}),
    "resize_rootfs": Shape(flag=True, text=True, choices=("noblock",)),
    "disk_setup": Shape(values=_mapping({
        "table_type": Shape(text=True, choices=("mbr", "gpt")),
        "layout": Shape(flag=True, text=True, choices=("remove",), items=Shape(
            number=True, count=2, items=Shape(number=True, text=True))),
        "overwrite": _FLAG})),
    "fs_setup": Shape(items=_mapping({
        "label": _TEXT, "filesystem": _TEXT, "device": _TEXT,
        "partition": Shape(number=True, text=True), "overwrite": _FLAG, "replace_fs": _TEXT,
        "extra_opts": _TEXT_OR_LIST, "cmd": _TEXT_OR_LIST})),
    "device_aliases": Shape(values=_TEXT),
    "mounts": Shape(items=Shape(items=Shape(words=True))),
    "mount_default_fields": Shape(count=6, items=Shape(words=True, nothing=True)),
    "swap": _mapping({"filename": _TEXT, "size": _SIZE, "maxsize": _SIZE}),
    "random_seed": _mapping({
        "file": _TEXT, "data": _TEXT,
        "encoding": Shape(text=True, choices=("raw", "base64", "b64", "gzip", "gz")),
        "command": _TEXTS, "command_required": _FLAG}),
    "ca_certs": _mapping(_CA), "ca-certs": _mapping(_CA),
    "groups": Shape(text=True, items=Shape(text=True, values=_MEMBERS), values=_MEMBERS),
    "user": Shape(text=True, keys=USER.keys),
    "users": Shape(text=True, items=Shape(text=True, items=_TEXT, keys=USER.keys),
                   values=Shape(text=True, number=True, flag=True, keys=USER.keys)),
    "ssh_keys": _mapping({f"{kind}_{half}": _TEXT for kind in ("ecdsa", "ed25519", "rsa")
                          for half in ("public", "private", "certificate")}),
    "ssh_authorized_keys": _TEXTS, "ssh_deletekeys": _FLAG,
    "ssh_genkeytypes": Shape(items=Shape(text=True, choices=("ecdsa", "ed25519", "rsa"))),
    "disable_root": _FLAG, "disable_root_opts": _TEXT, "ssh_quiet_keygen": _FLAG,
    "allow_public_ssh_keys": _FLAG,
    "chpasswd": _mapping({
        "expire": _FLAG, "list": Shape(text=True, items=Shape(text=True, holds=":")),
        "users": Shape(items=_mapping({
            "name": _TEXT, "password": _TEXT,
            "type": Shape(text=True, choices=("hash", "text", "RANDOM"))}, "name"))}),
    "password": _TEXT,
    "ssh_pwauth": Shape(flag=True, text=True, choices=(
        "yes", "no", "true", "false", "unchanged", "on", "off", "1", "0")),
    "final_message": _TEXT,
})

# key, or KEY.KEY within it -> the first cloud-init that reads it (the tags of its repository)
SINCE: Mapping[str, Version] = MappingProxyType({
    "write_files.defer": (21, 4), "write_files.source": (24, 3), "ca_certs": (22, 1),
    "chpasswd.users": (22, 3), "ssh_quiet_keygen": (21, 4), "users.doas": (23, 3),
    "user.doas": (23, 3),
})
# what an older one is told instead
INSTEAD: Mapping[str, str] = MappingProxyType({
    "ca_certs": "write `ca-certs`, or bake the certificate by os.caCertificates",
    "chpasswd.users": "write `chpasswd.list`",
    "write_files.defer": "bake the account by os.users, and remove `defer`",
    "write_files.source": "fetch the file by runcmd, or bake it by os.files",
})
# a comment alone in a list of commands is nothing to it, and stopped an older one
NULL_COMMANDS_SINCE: Version = (21, 4)
# two settings that cloud-init does not take for one user (cc_users_groups.py)
NO_HOME = ("no_create_home", "system")
NEED_HOME = ("ssh_authorized_keys", "ssh_import_id", "ssh_redirect_user")
HOMES_CHECKED_SINCE: Version = (22, 2)


def version_of(text: str) -> Version:
    """`22.4` in numbers."""
    year, _, release = text.partition(".")
    return int(year), int(release)
