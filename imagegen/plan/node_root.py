"""`os.root: overlay`: the image is only read, and what is written lies in memory until a reboot."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import Network, Release
from imagegen.knowledge.overlay_roots import (
    MODULE,
    MODULES,
    SCRIPT,
    SCRIPT_PATH,
    WRITABLE,
)
from imagegen.plan.facts import ALWAYS, Fact, Line, Links, Proof, Rule, Template
from imagegen.plan.node_files import UNIT_FOLDER, file_fact
from imagegen.profile.lints.root import containerd_in_memory
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Root

# under /run, which the initramfs hands over to the node with all that is mounted there
HOME = "/run/imagegen-root"
NETWORKD = "/etc/systemd/networkd.conf.d/90-imagegen-root.conf"
CONTAINERD_MOUNT = "var-lib-containerd.mount"
CONTAINERD_MOUNT_PATH = f"/usr/lib/systemd/system/{CONTAINERD_MOUNT}"


def root_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """The initramfs makes the overlay; what else must differ on a node that forgets."""
    if profile.os.root is not Root.OVERLAY:
        return
    yield Fact("root.overlay", "an image that is immutable in earnest is only read: a reboot gives "
               "its state back",
               "kernel Documentation/filesystems/overlayfs.rst; initramfs-tools(7)",
               f"Boot without {WRITABLE}. Where the initramfs lacks {SCRIPT}, build the image "
               "anew.",
               Line(MODULES, MODULE), Proof(Rule.ROOT_OVERLAY, {"script": SCRIPT}, ALWAYS))
    yield file_fact("root.script", "it lays the overlay above the root before systemd starts",
                    "initramfs-tools(7), scripts/init-bottom",
                    Template(SCRIPT_PATH, {"home": HOME, "writable": WRITABLE}, 0o755))
    if release.network is Network.NETWORKD:
        yield file_fact("root.dhcp", "a machine id that is new at every boot would be a new client "
                        "to the DHCP server, and the node would change its address",
                        "networkd.conf(5), DUIDType=", Template(NETWORKD, {}))
    if containerd_in_memory(profile):
        yield from _containerd()


def _containerd() -> Iterator[Fact]:
    why = "containerd's snapshots are overlays, and the kernel lays none above the root's"
    yield file_fact("root.containerd", why, "https://github.com/containerd/containerd/issues/2402",
                    Template(CONTAINERD_MOUNT_PATH, {}))
    link = f"{UNIT_FOLDER}/local-fs.target.requires/{CONTAINERD_MOUNT}"
    yield Fact(f"unit.{CONTAINERD_MOUNT}", why, "systemd.mount(5)",
               f"Run `systemctl start {CONTAINERD_MOUNT}`, and restart containerd.",
               Links(((link, CONTAINERD_MOUNT_PATH),)),
               Proof(Rule.UNIT, {"name": CONTAINERD_MOUNT, "state": "running"}, ALWAYS))
