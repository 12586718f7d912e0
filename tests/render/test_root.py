"""What `os.root: overlay` becomes: the initramfs's script run by sh, and all that must not be."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from imagegen.boot.node_seed import write_seed
from imagegen.common.assets import asset_bytes
from imagegen.common.errors import InputError
from imagegen.common.progress import Silent
from imagegen.knowledge.distributions import RELEASES, Initramfs, Network, Release
from imagegen.knowledge.overlay_roots import CANNOT, MODULES, OUT_OF_FSTAB, SCRIPT_PATH
from imagegen.plan.node_root import CONTAINERD_MOUNT_PATH, HOME, NETWORKD
from imagegen.render.render import Rendering, render
from tests.profiles import changed, parsed, rendered

OVERLAY = {"os.root": "overlay"}
# the parts of the system that the script touches, as it finds them in an initramfs
MOUNTS = "/dev/vda3 {root} ext4 ro 0 0\n/dev/vdb {root}/usr ext4 ro 0 0\ntmpfs /run tmpfs rw 0 0\n"


def of(release: Release) -> Rendering:
    """The release's tree with an overlay, its base from a path where none is made."""
    base = {} if release.mirror else {"image.base": {"from": "path", "path": "/b", "sha256":
                                                     "ab" * 32}}
    return render(parsed(changed(OVERLAY | base | {
        "os.distribution": release.distribution.value, "os.release": release.release})))


@pytest.mark.parametrize("release", RELEASES.values(), ids=lambda release: release.title)
def test_each_release_has_it_or_says_why_not(release: Release) -> None:
    if release.initramfs in CANNOT:
        with pytest.raises(InputError, match="cannot be an overlay"):
            of(release)
        return
    assert release.initramfs is Initramfs.INITRAMFS_TOOLS
    files = of(release).node.files
    assert files[SCRIPT_PATH[1:]].mode == 0o755
    assert files[MODULES[1:]].data.endswith(b"\noverlay\n")
    assert (NETWORKD[1:] in files) is (release.network is Network.NETWORKD)


def test_a_writable_root_has_none_of_it() -> None:
    plain = set(rendered("quickstart").node.files)
    assert not plain & {path[1:] for path in (SCRIPT_PATH, MODULES, NETWORKD)}


@pytest.mark.parametrize(("changes", "grows"), [({}, True), (OVERLAY, False)])
def test_only_a_writable_root_grows(changes: dict[str, str], grows: bool) -> None:
    data = render(parsed(changed(changes))).node.files["etc/cloud/cloud.cfg.d/90-imagegen.cfg"].data
    modules = set(yaml.safe_load(data)["cloud_init_modules"])
    assert ({"growpart", "resizefs"} <= modules) is grows
    assert modules.isdisjoint({"growpart", "resizefs"}) is not grows


def test_no_user_data_makes_it_of_a_stock_image(tmp_path: Path) -> None:
    profile = parsed(changed(OVERLAY))
    files = render(profile).tree.files
    assert "cloud-init/baked/user-data" in files and "cloud-init/full/user-data" not in files
    assert "os.root is overlay" in files["cloud-init/README.md"].data.decode()
    with pytest.raises(InputError, match=r"os\.root is overlay"):
        write_seed(profile, tmp_path / "seed", Silent(), name="n", hostname="", address=None,
                   server="https://192.0.2.1:6443", ca=None, token=None, full=True)


MOUNT_UNIT = {"name": "var-lib-containerd.mount",
              "content": "[Mount]\nWhat=/dev/vdb\nWhere=/var/lib/containerd\n"}
FSTAB = {"path": "/etc/fstab", "content": "/dev/vdb /var/lib/containerd ext4 defaults 0 2\n"}


@pytest.mark.parametrize(("changes", "ours"), [
    ({**OVERLAY, "os.containerd": {}}, True),
    ({"os.containerd": {}}, False),
    (OVERLAY, False),
    ({**OVERLAY, "os.containerd": {}, "os.units": [MOUNT_UNIT]}, False),
    ({**OVERLAY, "os.containerd": {}, "os.files": [FSTAB]}, False),
])
def test_containerd_has_memory_of_its_own_unless_somebody_mounts_more(
        changes: dict[str, object], ours: bool) -> None:
    plan = render(parsed(changed(changes)))
    assert (CONTAINERD_MOUNT_PATH[1:] in plan.node.files) is ours
    assert ("unit.var-lib-containerd.mount" in {fact.id for fact in plan.plan.facts}) is ours


def test_fstab_loses_what_the_node_boots_from_and_nothing_else(tmp_path: Path) -> None:
    step = asset_bytes("packer/qemu/steps/25-system.sh").decode()
    command, = re.findall(r"^  (sed .*root is an overlay.*) /etc/fstab$", step, re.M)
    kept = ["# / is a comment", "LABEL=data /var/lib/data xfs defaults 0 2", "/dev/b /bootx ext4 a",
            "tmpfs /tmp tmpfs defaults 0 0"]
    lines = [f"UUID=1\t{place} ext4 defaults 0 1" for place in OUT_OF_FSTAB]
    fstab = tmp_path / "fstab"
    fstab.write_text("\n".join([*lines, *kept, ""]))
    for _ in range(2):
        subprocess.run(["sh", "-c", f"{command} {fstab}"], check=True, timeout=60)
    assert fstab.read_text().splitlines() == [
        *(f"# imagegen: the root is an overlay: {line}" for line in lines), *kept]


def script() -> str:
    return rendered("immutable-node").node.files[SCRIPT_PATH[1:]].data.decode()


def test_the_script_is_clean_shell() -> None:
    done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=script().encode(), check=False,
                          capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"")


def ran(folder: Path, cmdline: str, fails: str = "") -> list[str]:
    """The mounts that the script asks for, under a folder; one whose words hold `fails` fails."""
    root, home = folder / "root", folder / "run/imagegen-root"
    (folder / "run").mkdir()
    (folder / "cmdline").write_text(f"{cmdline}\n")
    (folder / "mounts").write_text(MOUNTS.format(root=root))
    text = script().replace(HOME, str(home)).replace("/proc/cmdline", str(folder / "cmdline"))
    text = text.replace("/proc/mounts", str(folder / "mounts")).replace("/dev/kmsg",
                                                                        str(folder / "kmsg"))
    fake = (f'mount() {{ echo "$*" >>{folder}/asked; '
            f'case "$*" in {fails or "-"}) return 1;; esac; }}\n')
    subprocess.run(["sh", "-eu", "-c", f"set +eu\n{fake}{text}", "script", ""], check=True,
                   timeout=60, env={"PATH": "/usr/bin:/bin", "rootmnt": str(root)})
    said = (folder / "asked").read_text().replace(str(home), "H").replace(str(root), "R")
    return said.splitlines()


def test_the_overlay_comes_with_what_was_mounted_below(tmp_path: Path) -> None:
    assert ran(tmp_path, "ro quiet") == [
        "-t tmpfs -o mode=0755 tmpfs H/memory", "-o move R H/lower", "-o remount,ro none H/lower",
        "-t overlay -o lowerdir=H/lower,upperdir=H/memory/upper,workdir=H/memory/work "
        "overlayroot R", "-o move H/lower/usr R/usr"]
    assert not (tmp_path / "kmsg").exists()


def test_the_switch_leaves_the_images_own_root(tmp_path: Path) -> None:
    assert ran(tmp_path, "ro imagegen.root=writable quiet") == ["-o remount,rw none R"]


def test_another_word_is_no_switch(tmp_path: Path) -> None:
    assert len(ran(tmp_path, "ro imagegen.root=writable2 ximagegen.root=writable")) == 5


def test_where_the_kernel_makes_none_the_root_comes_back_and_the_log_says_so(
        tmp_path: Path) -> None:
    assert ran(tmp_path, "ro", fails="*overlayroot*")[-1] == "-o move H/lower R"
    assert "the kernel makes no overlay" in (tmp_path / "kmsg").read_text()


def test_the_initramfs_asks_for_no_script_before_it() -> None:
    done = subprocess.run(["sh", "-c", script(), "script", "prereqs"], check=True, timeout=60,
                          capture_output=True)
    assert done.stdout == b""
