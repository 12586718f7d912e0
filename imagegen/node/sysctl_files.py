"""Which file sets a sysctl: sysctl.d(5)'s search path, precedence, comments and key forms."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

# of two files with one name the first folder's counts; then all apply in the order of their names
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d",
           "/lib/sysctl.d")
OLD_FILE = "/etc/sysctl.conf"
BOOT = "sysctl."


class Assignment:
    """One line of one file; `key` is the path below /proc/sys, `value` None for an exclusion."""

    __slots__ = ("file", "key", "line", "value")

    def __init__(self, key: str, value: str | None, file: str, line: int) -> None:
        self.key, self.value, self.file, self.line = key, value, file, line

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SysctlFiles:
    """Every assignment that systemd-sysctl applies, in order, and those of /etc/sysctl.conf."""

    def __init__(self, node: Node) -> None:
        files: dict[str, str] = {}
        for folder in FOLDERS:
            for name in node.names(folder):
                if name.endswith(".conf"):
                    files.setdefault(name, f"{folder}/{name}")
        self.applied = [entry for name in sorted(files) for entry in _parsed(node, files[name])]
        self.old = _parsed(node, OLD_FILE)
        # before any file, and only for keys that are there without a module
        # (kernel fs/proc/proc_sysctl.c, do_sysctl_args, from 5.8 on)
        self.boot = {word[len(BOOT):].partition("=")[0].replace(".", "/"): word
                     for word in node.boot_words() if word.startswith(BOOT) and "=" in word}

    def setters(self, path: str) -> list[Assignment]:
        """The lines that set a key, the deciding one last: a key's own name beats a pattern."""
        named = [entry for entry in self.applied if entry.key == path]
        if named:
            return [entry for entry in named if entry.value is not None]
        return [entry for entry in self.applied if _matches(entry, path)]

    def old_setter(self, path: str) -> Assignment | None:
        """The last line of /etc/sysctl.conf that sets it; only `sysctl --system` reads that."""
        found = [entry for entry in self.old if entry.key == path and entry.value is not None]
        return found[-1] if found else None

    def boot_word(self, path: str, value: str) -> str:
        """The word of the kernel's command line that gives a key this value; empty without one."""
        word = self.boot.get(path, "")
        return word if word and normal(word.partition("=")[2]) == value else ""


def proc_path(key: str) -> str:
    """A key's path below /proc/sys: its first separator says whether dots or slashes part it.

    `net.ipv4.conf.eth0/100.rp_filter` and `net/ipv4/conf/eth0.100/rp_filter` are one key.
    """
    dot, slash = key.find("."), key.find("/")
    if dot >= 0 and (slash < 0 or dot < slash):
        return key.translate({ord("."): "/", ord("/"): "."})
    return key


def _parsed(node: Node, file: str) -> list[Assignment]:
    text = (node.read(file) or b"").decode("utf-8", "replace")
    entries: list[Assignment] = []
    for number, line in enumerate(text.split("\n"), 1):
        entry = _assignment(line.strip(), file, number)
        if entry is not None:
            entries.append(entry)
    return entries


def _assignment(line: str, file: str, number: int) -> Assignment | None:
    if not line or line[0] in "#;":
        return None
    key, equals, value = line.partition("=")
    bare = key.strip()
    excluded = bare.startswith("-") and not equals
    if not equals and not excluded:
        return None
    # with a value, a leading `-` only means that a failure to set it does not matter
    path = proc_path(bare[1:].strip() if bare.startswith("-") else bare)
    return Assignment(path, None if excluded else normal(value), file, number)


def normal(value: str) -> str:
    """A value with its blanks evened out, as `net.ipv4.tcp_rmem` needs it."""
    return " ".join(value.split())


def _matches(entry: Assignment, path: str) -> bool:
    if entry.value is None or not any(mark in entry.key for mark in "*?["):
        return False
    from fnmatch import fnmatchcase

    patterns, parts = entry.key.split("/"), path.split("/")
    return len(patterns) == len(parts) and all(map(fnmatchcase, parts, patterns))
