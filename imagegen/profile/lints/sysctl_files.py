"""Files of the profile's that say otherwise of a sysctl than imagegen does."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.sysctls import dotted, proc_path
from imagegen.profile.fields import brief
from imagegen.profile.lints.inside import in_file, rows
from imagegen.profile.lints.sysctls import alias_of_needed, needed_sysctls
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

# imagegen's own in /etc/sysctl.d; its name sorts behind Debian's 99-sysctl.conf
SYSCTL_FILE = "99-zz-imagegen-ipvs.conf"
_OLD = "/etc/sysctl.conf"


def sysctl_files(profile: Profile) -> Iterator[Problem]:
    """os.files that say otherwise of a key than imagegen does: one of the two would be void."""
    wanted = needed_sysctls(profile) | {dotted(key): value
                                        for key, value in profile.os.sysctls.items()}
    for index, file in enumerate(profile.os.files):
        folder = file.path.rpartition("/")[0]
        read = folder.endswith("/sysctl.d") and file.path.endswith(".conf")
        if file.path != _OLD and not read:
            continue
        for at, key, value in placed(file.data.decode("utf-8", "replace")):
            other = alias_of_needed(key)
            name = other or dotted(key)
            if wanted.get(name, value) != value:
                same = f" ({name} by another name)" if other else ""
                yield Problem(
                    **in_file(index, file, at), what=f"{file.path} sets {dotted(key)}{same} to "
                    f"{brief(value)}, and imagegen sets it to {wanted[name]}; "
                    f"{_winner(file.path)}", hint=f"take {dotted(key)} out of the file",
                    rule="node-sysctl-file")


def _winner(path: str) -> str:
    """systemd-sysctl goes by the file's whole name, whatever its folder; the last one wins."""
    if path == _OLD:
        return (f"after a boot {SYSCTL_FILE} wins, and after `sysctl --system` by hand "
                f"{path} does")
    name = path.rpartition("/")[2]
    wins, loses = (path, SYSCTL_FILE) if name > SYSCTL_FILE else (SYSCTL_FILE, path)
    return f"{wins} sorts after {loses} and wins"


def assignments(text: str) -> Iterator[tuple[str, str]]:
    """sysctl.d(5): KEY = VALUE, `-` before it where it may fail, `#` and `;` before comments.

    A key is its path below /proc/sys, or a pattern of one.
    """
    yield from ((key, value) for _, key, value in placed(text))


def placed(text: str) -> Iterator[tuple[int, str, str]]:
    """The same, each with where its line stands."""
    for at, row in rows(text):
        key, equals, value = row.removeprefix("-").partition("=")
        if equals and row[0] not in "#;":
            yield at, proc_path(key.strip()), value.strip()
