"""The root's rule, on what kernels print of real mounts and on listings of real initramfs."""

from __future__ import annotations

import pytest

from imagegen.node.model import Outcome
from tests.node.fake import KERNEL, FakeNode

SCRIPT = "scripts/init-bottom/imagegen-overlay"
EXPECT = {"script": SCRIPT}
# a booted Debian 12; systemd-firstboot's lines and the like are left out
MOUNTS = """\
22 31 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:9 - sysfs sysfs rw
23 31 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
26 31 0:23 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=99536k,mode=755
27 26 254:3 / /run/imagegen-root/lower {own} shared:7 - ext4 /dev/vda3 {options}
28 26 0:24 / /run/imagegen-root/memory rw,relatime shared:6 - {kind} rw,mode=755,inode64
31 1 0:25 / / rw,relatime shared:1 - overlay overlayroot rw,lowerdir=/run/imagegen-root/lower,\
upperdir=/run/imagegen-root/memory/upper,workdir=/run/imagegen-root/memory/work{more}
87 31 0:40 / /var/lib/containerd rw,relatime shared:25 - tmpfs tmpfs rw,mode=711,inode64
38 39 0:42 / /proc/sys/fs/binfmt_misc rw,relatime shared:51 - binfmt_misc binfmt_misc rw
"""
WRITABLE = """\
21 28 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
25 28 0:25 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=98632k,mode=755
28 1 254:3 / / rw,relatime shared:1 - ext4 /dev/vda3 rw,errors=remount-ro
"""
LISTING = f"""\
scripts/init-bottom
scripts/init-bottom/ORDER
{SCRIPT}
scripts/init-bottom/udev
usr/lib/modules/{KERNEL}/kernel/fs/overlayfs
usr/lib/modules/{KERNEL}/kernel/fs/overlayfs/overlay.ko
"""


def mounts(own: str = "ro,relatime", options: str = "ro", kind: str = "tmpfs tmpfs",
           more: str = "") -> str:
    return MOUNTS.format(own=own, options=options, kind=kind, more=more)


def booted(fake: FakeNode, text: str, cmdline: str = "root=UUID=1 ro quiet") -> Outcome:
    fake.write("/proc/self/mountinfo", text)
    fake.write("/proc/cmdline", f"{cmdline}\n")
    return fake.judge("root_overlay", EXPECT, "kernel")


# the kernel tells more of an overlay with each series (uuid= from 6.6 on)
@pytest.mark.parametrize("more", ["", ",uuid=on", ",xino=off,uuid=null"])
def test_an_overlay_above_an_image_that_is_read(fake: FakeNode, more: str) -> None:
    outcome = booted(fake, mounts(more=more))
    assert (outcome.result, outcome.saw) == ("ok", "above /dev/vda3, which is read-only")


def test_a_mount_that_is_read_only_of_a_file_system_that_is_not(fake: FakeNode) -> None:
    """Another mount of it could be written to."""
    assert booted(fake, mounts(options="rw")).result == "red"


def test_the_image_was_remounted(fake: FakeNode) -> None:
    outcome = booted(fake, mounts(own="rw,relatime", options="rw"))
    assert outcome.result == "red"
    assert outcome.saw == ("the image below can be written to: /dev/vda3 on "
                           "/run/imagegen-root/lower is mounted rw")


def test_what_is_written_stays(fake: FakeNode) -> None:
    outcome = booted(fake, mounts(kind="ext4 /dev/vdb"))
    assert outcome.result == "red" and "ext4 from /dev/vdb and no memory" in outcome.saw


def test_booted_without_it(fake: FakeNode) -> None:
    outcome = booted(fake, WRITABLE, "root=UUID=1 ro imagegen.root=writable quiet")
    assert outcome.result == "red"
    assert outcome.saw == ("/ is ext4 from /dev/vda3: the kernel's command line says "
                           "imagegen.root=writable")
    assert booted(fake, WRITABLE).saw == "/ is ext4 from /dev/vda3"


def test_an_overlay_below_another_root(fake: FakeNode) -> None:
    """Of several mounts at one place the last is what the node sees."""
    assert booted(fake, mounts() + WRITABLE).result == "red"


@pytest.mark.parametrize("text", ["", "what\n", "1 2 3 4 5 6 - x\n"])
def test_mounts_that_nobody_can_read_are_not_good(fake: FakeNode, text: str) -> None:
    assert booted(fake, text).result in ("red", "unknown")


def test_a_layer_whose_mount_is_gone(fake: FakeNode) -> None:
    """As systemd's own volatile root leaves it: what lies above cannot be told from /run."""
    lines = [line for line in mounts().splitlines(keepends=True)
             if " /run/imagegen-root/" not in line]
    assert len(lines) == 6 and booted(fake, "".join(lines)).result == "red"


FSTAB = "# imagegen: the root is an overlay: UUID=1 / ext4 defaults 0 1\n"


def baked(fake: FakeNode, listing: str = LISTING, code: int = 0, fstab: str = FSTAB) -> Outcome:
    fake.write(f"/boot/vmlinuz-{KERNEL}", "")
    fake.write(f"/lib/modules/{KERNEL}/modules.dep", "")
    fake.write("/etc/fstab", fstab)
    fake.host.programs["lsinitramfs"] = (code, listing)
    return fake.judge("root_overlay", EXPECT, "bake")


def test_every_initramfs_holds_it(fake: FakeNode) -> None:
    assert baked(fake).saw == f"there for {KERNEL}"
    assert baked(fake, LISTING.replace("overlay.ko", "overlay.ko.xz")).result == "ok"


def test_one_lacks_the_script_or_the_module(fake: FakeNode) -> None:
    outcome = baked(fake, LISTING.replace(f"{SCRIPT}\n", ""))
    assert outcome.result == "red" and f"no {SCRIPT} in initrd.img-{KERNEL}" in outcome.saw
    less = LISTING.replace("overlayfs/overlay.ko\n", "\n")
    assert "no module overlay" in baked(fake, less).saw
    fake.write(f"/lib/modules/{KERNEL}/modules.builtin", "kernel/fs/overlayfs/overlay.ko\n")
    assert baked(fake, less).result == "ok"


def test_one_cannot_be_read(fake: FakeNode) -> None:
    outcome = baked(fake, "cpio: premature end of archive\n", 1)
    assert outcome.result == "red" and "premature end" in outcome.saw


def test_there_is_no_lister(fake: FakeNode) -> None:
    baked(fake)
    del fake.host.programs["lsinitramfs"]
    assert fake.judge("root_overlay", EXPECT, "bake").result == "unknown"


def test_no_kernel_at_all(fake: FakeNode) -> None:
    assert "no kernel" in fake.judge("root_overlay", EXPECT, "bake").saw


def test_fstab_still_mounts_the_root(fake: FakeNode) -> None:
    outcome = baked(fake, fstab="LABEL=x\t/ ext4 defaults 0 1\n")
    assert outcome.result == "red" and "LABEL=x" in outcome.saw
    assert baked(fake, fstab="LABEL=x /data ext4 defaults 0 1\n").result == "ok"
