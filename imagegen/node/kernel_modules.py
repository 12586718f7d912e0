"""Kernel modules: loaded, built in, lying on the disk, asked for, or kept out by modprobe.d."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

# modprobe.d(5) and modules-load.d(5): of two files with one name the first folder's counts
MODPROBE = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
            "/usr/lib/modprobe.d", "/lib/modprobe.d")
MODULES_LOAD = ("/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d",
                "/usr/lib/modules-load.d", "/lib/modules-load.d")
# an `install` line that runs one of these loads nothing
NOTHING = frozenset(("true", "false", ":", "exit"))
# the kernel's own, which nothing beats, and kmod's `blacklist`
KEPT_OUT_AT_BOOT = ("module_blacklist", "modprobe.blacklist")
# kernel-command-line(7)
ASKED_AT_BOOT = ("modules_load", "modules-load", "rd.modules_load", "rd.modules-load")
COMMAND_LINE = "the kernel's command line"


class Asked:
    """A module that is asked for, and where: a file's line, or the kernel's command line."""

    __slots__ = ("name", "place")

    def __init__(self, name: str, place: str) -> None:
        self.name, self.place = name, place


class Modprobe:
    """What the node's files and its command line say of modules, read once.

    `kept_out`: module -> the sentence that says so; `aliases`: name -> module; `asked`: in order.
    """

    __slots__ = ("aliases", "asked", "kept_out")

    def __init__(self, node: Node) -> None:
        self.kept_out: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        for place, line in lines(node, MODPROBE, "#", joined=True):
            self._take(place, line, line.split())
        self.asked = [Asked(plain(line), place) for place, line in lines(node, MODULES_LOAD, "#;")]
        for word in node.boot_words():
            self._take_word(word)

    def _take(self, place: str, line: str, words: list[str]) -> None:
        if len(words) < 2:
            return
        name, said = plain(words[1]), f"{place} says `{line}`"
        if words[0] == "blacklist" or (words[0] == "install" and _does_nothing(words[2:])):
            self.kept_out.setdefault(name, said)
        elif words[0] == "alias" and len(words) > 2:
            self.aliases.setdefault(name, plain(words[2]))

    def _take_word(self, word: str) -> None:
        option, _, names = word.partition("=")
        if option in KEPT_OUT_AT_BOOT:
            for name in names.split(","):
                self.kept_out.setdefault(plain(name), f"{COMMAND_LINE} says `{word}`")
        elif option in ASKED_AT_BOOT:
            self.asked += [Asked(plain(name), COMMAND_LINE) for name in names.split(",") if name]


def plain(name: str) -> str:
    """`-` and `_` are one letter in a module's name."""
    return name.strip().replace("-", "_")


def loaded(node: Node) -> set[str]:
    """The modules of /proc/modules."""
    text = (node.read("/proc/modules") or b"").decode("ascii", "replace")
    return {plain(line.split(" ", 1)[0]) for line in text.splitlines()}


def is_at_work(node: Node, name: str) -> bool:
    """Whether the running kernel has a module loaded, or built in."""
    return plain(name) in node.loaded() or plain(name) in built_in(node, node.kernel())


def built_in(node: Node, kernel: str) -> set[str]:
    """The modules that are part of a kernel's image."""
    index = (node.read(f"/lib/modules/{kernel}/modules.builtin") or b"").decode("utf-8", "replace")
    return {_module(path) for path in index.splitlines()}


def on_disk(node: Node, kernel: str, name: str) -> bool:
    """Whether a module lies ready for a kernel: in depmod's index and on the disk."""
    return any(_module(path) == name and node.exists(_place(kernel, path))
               for path, _ in _index(node, kernel))


def needed_by(node: Node, kernel: str, name: str) -> list[str]:
    """The modules that a module cannot be without, by depmod's index."""
    for path, others in _index(node, kernel):
        if _module(path) == name:
            return [_module(other) for other in others.split()]
    return []


def indexed(node: Node, kernel: str) -> bool:
    """Whether depmod has left an index for a kernel; modprobe finds nothing without one."""
    return node.exists(f"/lib/modules/{kernel}/modules.dep")


def alias_of(node: Node, kernel: str, name: str) -> str:
    """The module behind a name of its own choosing, such as ipt_set; empty where there is none."""
    own = node.modprobe().aliases.get(name)
    if own:
        return own
    for row in _text(node, f"/lib/modules/{kernel}/modules.alias").splitlines():
        words = row.split(" ")
        if len(words) == 3 and plain(words[1]) == name:
            return plain(words[2])
    return _built_in_alias(_text(node, f"/lib/modules/{kernel}/modules.builtin.modinfo"), name)


def _built_in_alias(text: str, name: str) -> str:
    rows = (row.partition(".alias=") for row in text.split("\0"))
    return next((plain(module) for module, mark, alias in rows if mark and plain(alias) == name),
                "")


def bootable_kernels(node: Node) -> list[str]:
    """The kernels that may boot: a folder of modules and an image in /boot."""
    images = set(node.names("/boot"))
    return [name for name in node.names("/lib/modules") if f"vmlinuz-{name}" in images]


def kept_out_by(node: Node, name: str) -> str:
    """The line that keeps a module from being loaded, with its place; empty where there is none."""
    return node.modprobe().kept_out.get(name, "")


def _does_nothing(command: list[str]) -> bool:
    """Whether an `install` command never gets to a modprobe or insmod."""
    if any(word in " ".join(command) for word in ("modprobe", "insmod")):
        return False
    first = command[0].rpartition("/")[2].rstrip(";") if command else "true"
    return first in NOTHING or first in ("sh", "bash", "echo", "logger")


def lines(node: Node, folders: tuple[str, ...], comments: str,
          joined: bool = False) -> list[tuple[str, str]]:
    """`FILE:LINE` and text of every line that says something; a backslash may join two."""
    files: dict[str, str] = {}
    for folder in folders:
        for name in node.names(folder):
            if name.endswith(".conf"):
                files.setdefault(name, f"{folder}/{name}")
    return [row for _, file in sorted(files.items())
            for row in _rows(file, _text(node, file), comments, joined)]


def _rows(file: str, text: str, comments: str, joined: bool) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    begun, start = "", 0
    for number, row in enumerate(text.split("\n"), 1):
        start = start if begun else number
        begun += row
        if joined and begun.endswith("\\"):
            begun = begun[:-1]
            continue
        if begun.strip() and begun.strip()[0] not in comments:
            found.append((f"{file}:{start}", begun.strip()))
        begun = ""
    return found


def _index(node: Node, kernel: str) -> list[tuple[str, str]]:
    """A module's path and the paths of those that it needs, as depmod has them."""
    rows = _text(node, f"/lib/modules/{kernel}/modules.dep").splitlines()
    return [row.partition(":")[::2] for row in rows]


def _module(path: str) -> str:
    return plain(path.rpartition("/")[2].partition(".ko")[0])


def _place(kernel: str, path: str) -> str:
    return path if path.startswith("/") else f"/lib/modules/{kernel}/{path}"


def _text(node: Node, path: str) -> str:
    return (node.read(path) or b"").decode("utf-8", "replace")
