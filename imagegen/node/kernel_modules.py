"""Kernel modules: loaded, built in, lying on the disk, or kept out by modprobe.d."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

MODPROBE = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
            "/usr/lib/modprobe.d", "/lib/modprobe.d")
MODULES_LOAD = ("/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d",
                "/usr/lib/modules-load.d", "/lib/modules-load.d")
NOTHING = ("/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false", "true", "false")


def plain(name: str) -> str:
    """`-` and `_` are one letter in a module's name."""
    return name.strip().replace("-", "_")


def loaded(node: Node) -> set[str]:
    """The modules of /proc/modules."""
    text = (node.read("/proc/modules") or b"").decode("ascii", "replace")
    return {plain(line.split(" ", 1)[0]) for line in text.splitlines()}


def built_in(node: Node, kernel: str) -> set[str]:
    """The modules that are part of a kernel's image."""
    index = (node.read(f"/lib/modules/{kernel}/modules.builtin") or b"").decode("utf-8", "replace")
    return {plain(path.rpartition("/")[2].partition(".ko")[0]) for path in index.splitlines()}


def on_disk(node: Node, kernel: str, name: str) -> bool:
    """Whether a module lies ready for a kernel: in depmod's index and on the disk."""
    folder = f"/lib/modules/{kernel}"
    index = (node.read(f"{folder}/modules.dep") or b"").decode("utf-8", "replace")
    paths = [line.partition(":")[0] for line in index.splitlines()]
    return any(
        plain(path.rpartition("/")[2].partition(".ko")[0]) == name
        and node.exists(path if path.startswith("/") else f"{folder}/{path}")
        for path in paths
    )


def bootable_kernels(node: Node) -> list[str]:
    """The kernels that may boot: a folder of modules and an image in /boot."""
    images = set(node.names("/boot"))
    return [name for name in node.names("/lib/modules") if f"vmlinuz-{name}" in images]


def kept_out_by(node: Node, name: str) -> str:
    """The line that keeps a module from being loaded, with its place; empty where there is none."""
    for file, number, line in _lines(node, MODPROBE):
        words = line.split()
        if len(words) >= 2 and plain(words[1]) == name and (
            words[0] == "blacklist" or (words[0] == "install" and _does_nothing(words[2:]))
        ):
            return f"{file}:{number} says `{line}`"
    return _kept_out_by_boot(node, name)


def _does_nothing(command: list[str]) -> bool:
    return not command or command[0] in NOTHING


def _kept_out_by_boot(node: Node, name: str) -> str:
    words = (node.read("/proc/cmdline") or b"").decode("utf-8", "replace").split()
    for word in words:
        option, _, names = word.partition("=")
        if option in ("module_blacklist", "modprobe.blacklist") and name in map(
            plain, names.split(",")
        ):
            return f"the kernel's command line says `{word}`"
    return ""


def asked_for(node: Node, name: str) -> str:
    """The place in modules-load.d that names a module; empty where there is none."""
    for file, number, line in _lines(node, MODULES_LOAD):
        if plain(line) == name:
            return f"{file}:{number}"
    return ""


def _lines(node: Node, folders: tuple[str, ...]) -> list[tuple[str, int, str]]:
    files: dict[str, str] = {}
    for folder in folders:
        for name in node.names(folder):
            if name.endswith(".conf"):
                files.setdefault(name, f"{folder}/{name}")
    return [
        (file, number, line.strip())
        for _, file in sorted(files.items())
        for number, line in enumerate(
            (node.read(file) or b"").decode("utf-8", "replace").split("\n"), 1
        )
        if line.strip() and line.strip()[0] not in "#;"
    ]
