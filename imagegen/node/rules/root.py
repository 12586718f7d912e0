"""The root file system: an overlay whose image is only read and whose writes lie in memory."""

from __future__ import annotations

from ..kernel_modules import bootable_kernels, built_in
from ..model import BAKE, Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

MOUNTS, CMDLINE, FSTAB = "/proc/self/mountinfo", "/proc/cmdline", "/etc/fstab"
SWITCH = "imagegen.root="
MODULE = "/overlay.ko"
LISTING_SECONDS = 300.0
IN_BOOT = "the overlay in the initramfs of every kernel that may boot"
AT_WORK = "an overlay: the image below read-only, memory above"


class Mount:
    """A line of mountinfo (proc(5)): where, of what kind, from what, and its options."""

    __slots__ = ("kind", "options", "place", "source")

    def __init__(self, line: str) -> None:
        before, _, after = line.partition(" - ")
        self.place = plain(before.split(" ")[4])
        self.kind, source, self.options = [*after.split(" "), "", ""][:3]
        self.source = plain(source)

    @property
    def writable(self) -> bool:
        """Whether the file system can be written to, through this mount or through another."""
        return "rw" in self.options.split(",")


def plain(text: str) -> str:
    r"""Without the kernel's escapes: \040 is a blank."""
    head, *rest = text.split("\\")
    return head + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)


def overlay(expect: dict[str, Any], node: Node) -> Outcome:
    """At bake the initramfs will make it; later it is what `/` is."""
    if node.level == BAKE:
        return _in_initramfs(expect["script"], node)
    return _at_work(node)


def _in_initramfs(script: str, node: Node) -> Outcome:
    asked = _asked_by_fstab(node)
    if asked:
        return red(IN_BOOT, f"{FSTAB} still mounts the root itself: {asked}",
                   f"Take that line out of {FSTAB}.")
    kernels = bootable_kernels(node)
    if not kernels:
        return red(IN_BOOT, "no kernel with modules: no /boot/vmlinuz-* that has a /lib/modules/*")
    lacking = [f"{what} in initrd.img-{kernel}" for kernel in kernels
               for what in _lacking(script, node, kernel)]
    if lacking:
        return red(IN_BOOT, f"no {lacking[0]}", "Run `update-initramfs -u -k all`.")
    return ok(IN_BOOT, f"there for {', '.join(kernels)}")


def _lacking(script: str, node: Node, kernel: str) -> list[str]:
    """What an initramfs must hold and does not; its listing is lsinitramfs's."""
    image = f"/boot/initrd.img-{kernel}"
    code, said = node.host.output(["lsinitramfs", node.path(image)], timeout=LISTING_SECONDS)
    names = said.decode("utf-8", "replace").splitlines()
    if code != 0:
        return [f"listing ({' '.join(names)[:120]})"]
    module = any(MODULE in f"/{name}" for name in names) or "overlay" in built_in(node, kernel)
    return [*([] if script in names else [script]), *([] if module else ["module overlay"])]


def _asked_by_fstab(node: Node) -> str:
    rows = (node.read(FSTAB) or b"").decode("utf-8", "replace").splitlines()
    return next((row.strip()[:120] for row in rows
                 if not row.lstrip().startswith("#") and row.split()[1:2] == ["/"]), "")


def _at_work(node: Node) -> Outcome:
    text = (node.read(MOUNTS) or b"").decode("utf-8", "replace")
    mounts = [Mount(line) for line in text.splitlines()]
    # of several at one place the last lies on top
    root = next((mount for mount in reversed(mounts) if mount.place == "/"), None)
    if root is None or root.kind != "overlay":
        kind = f"{root.kind} from {root.source}" if root else "nowhere among the mounts"
        return red(AT_WORK, f"/ is {kind}{_switched(node)}",
                   "Boot with the image's own initramfs and command line.")
    layers = dict(option.partition("=")[::2] for option in root.options.split(","))
    return _lower(mounts, layers) or _upper(mounts, layers) or ok(
        AT_WORK, f"above {_holding(mounts, _first(layers)).source}, which is read-only")


def _switched(node: Node) -> str:
    words = (node.read(CMDLINE) or b"").decode("utf-8", "replace").split()
    return "".join(f": the kernel's command line says {word}"
                   for word in words if word.startswith(SWITCH))


def _first(layers: dict[str, str]) -> str:
    return plain(layers.get("lowerdir", "")).split(":")[0]


def _lower(mounts: list[Mount], layers: dict[str, str]) -> Outcome | None:
    place = _first(layers)
    below = _holding(mounts, place)
    if not below.writable:
        return None
    return red(AT_WORK, f"the image below can be written to: {below.source} on {below.place} is "
               "mounted rw", "Reboot, and find what remounted it.")


def _upper(mounts: list[Mount], layers: dict[str, str]) -> Outcome | None:
    place = plain(layers.get("upperdir", ""))
    above = _holding(mounts, place)
    if above.kind == "tmpfs":
        return None
    return red(AT_WORK, f"what is written goes to {place or 'nowhere'}, which is {above.kind} from "
               f"{above.source} and no memory", "Boot with the image's own initramfs.")


def _holding(mounts: list[Mount], place: str) -> Mount:
    """The mount that a path lies on."""
    return max((mount for mount in mounts if f"{place}/".startswith(f"{mount.place.rstrip('/')}/")),
               key=lambda mount: len(mount.place.rstrip("/")))
