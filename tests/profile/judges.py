"""The real parsers as judges of many renders at once: as few processes as each of them allows.

Each judge takes what is new in a render and skips what another render had byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import yaml

from imagegen.bake.kube import KubeProgram, kube_binary
from imagegen.bake.packer import packer_program
from imagegen.common.progress import Silent
from imagegen.common.run import environment, need, run
from imagegen.knowledge.kubeadm import api_of
from imagegen.knowledge.kubernetes import Mode, Version
from imagegen.knowledge.kubernetes_fields import BY_PATH
from imagegen.node.expectations import expectations
from imagegen.render.render import Rendering
from tests.plan.test_kube_proxy_reads import (
    NEWEST,
    OLD,
    USUAL,
    differences,
    flags_read_back,
    read_back,
    unit_command,
)
from tests.tools.cloudinit import read_by

UNIT_KINDS = (".service", ".timer", ".mount", ".path", ".socket", ".target", ".slice")
PLACE = "usr/lib/systemd/system"
SYSTEMD = Path("/usr/lib/systemd/system")
# from here on a configuration has fields that the usual kube-proxy does not know
NEW_FROM = Version(1, 36)
# a key of a module or a kernel that this machine does not have, and keys that nobody may write
NOT_HERE = re.compile(r"sysctl: (cannot stat /proc/sys/.*: No such file or directory|"
                      r"permission denied on key .*|setting key .*, ignoring.*)")


def _new(pairs: Iterable[tuple[str, bytes]]) -> dict[bytes, str]:
    """Content -> the first render that has it."""
    found: dict[bytes, str] = {}
    for name, data in pairs:
        found.setdefault(data, name)
    return found


def node_expects(renders: list[Rendering]) -> Iterator[str]:
    """The node's own check reads what it is to expect."""
    for rendering in renders:
        data = rendering.tree.files["node/usr/lib/imagegen/expectations.json"].data
        if not expectations(data, "expectations.json").facts:
            yield f"{rendering.image_name}: no facts"


def cloud_init(renders: list[Rendering]) -> Iterator[str]:
    """The oldest and the newest cloud-init, every document of every render, one process each."""
    documents = _new((f"{r.image_name} {path}", file.data) for r in renders
                     for path, file in r.tree.files.items()
                     if path.startswith("cloud-init/") and path.endswith("user-data"))
    for version in ("20.4", "26.2") if documents else ():
        with tempfile.TemporaryDirectory() as folder:
            read = read_by(version, list(documents), Path(folder))
        for name, seen in zip(documents.values(), read, strict=True):
            yield from (f"{name}: cloud-init {version}: {problem}" for problem in seen["problems"])


def systemd(renders: list[Rendering]) -> Iterator[str]:
    """All units of all renders under names of their own, in one root, by one systemd-analyze."""
    units = _new((Path(path).name, file.data) for r in renders
                 for path, file in r.tree.files.items() if path_of_unit(path) and not file.link
                 # a unit of the user's may have keys that systemd passes over
                 and Path(path).name not in {unit.name for unit in r.profile.os.units})
    if not units:
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        names = [_put_unit(root, number, name, data)
                 for number, (data, name) in enumerate(units.items())]
        for unit in SYSTEMD.glob("*.*"):
            if unit.suffix in UNIT_KINDS and unit.is_file():
                shutil.copyfile(unit, root / PLACE / unit.name)
        done = run([need("systemd-analyze", "systemd"), "verify", "--man=no", f"--root={root}",
                    *names], check=False, timeout=300)
        yield from done.output.splitlines()


def path_of_unit(path: str) -> bool:
    """Whether a path of the tree is a unit that systemd loads."""
    return path.startswith(("node/usr/lib/systemd/system/", "node/etc/systemd/system/")) and (
        path.endswith(UNIT_KINDS))


def _put_unit(root: Path, number: int, name: str, data: bytes) -> str:
    stem, kind = name.rsplit(".", 1)
    # a mount unit is called after its place
    own = name if kind == "mount" else f"{stem}-{number}.{kind}"
    (root / PLACE).mkdir(parents=True, exist_ok=True)
    (root / PLACE / own).write_bytes(data)
    for program in re.findall(rb"^Exec\w+=[-@:+!]*(/[^\s\\]+)", data, re.M):
        target = root / program.decode().lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy("/bin/true", target)
    return own


def sysctl(renders: list[Rendering]) -> Iterator[str]:
    """procps reads every file of ours, without writing a value."""
    files = _new((r.image_name, file.data) for r in renders
                 for path, file in r.tree.files.items() if path.startswith("node/etc/sysctl.d/"))
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(files):
            (Path(folder) / f"{number}.conf").write_bytes(data)
        given = [str(path) for path in sorted(Path(folder).iterdir())]
        for start in range(0, len(given), 200):
            done = subprocess.run([need("sysctl", "procps"), "--dry-run", "-p",
                                   *given[start:start + 200]], capture_output=True, check=False)
            yield from (line for line in done.stderr.decode(errors="replace").splitlines()
                        if not NOT_HERE.fullmatch(line))


def kube_proxy(renders: list[Rendering], limit: int, newest: bool) -> Iterator[str]:
    """kube-proxy reads back its configuration, or its flags, as they were given.

    The configuration of a version that only the newest kube-proxy can judge is passed over without
    `newest`, which may have to compile that one.
    """
    configs: dict[bytes, Rendering] = {}
    units: dict[bytes, Rendering] = {}
    for rendering in renders:
        proxy, files = rendering.profile.kube_proxy, rendering.tree.files
        if (config := files.get(f"node{proxy.config_file}")) is not None:
            if newest or _reader(rendering) != NEWEST:
                configs.setdefault(config.data, rendering)
        elif (unit := files.get(f"node/{PLACE}/kube-proxy.service")) is not None and (
                proxy.version == OLD):
            units.setdefault(unit.data, rendering)
    with tempfile.TemporaryDirectory() as folder:
        for data, rendering in list(configs.items())[:limit]:
            yield from _config(data, rendering, Path(folder))
        for data, rendering in list(units.items())[:limit]:
            yield from _flags(data, rendering, Path(folder))


def _config(data: bytes, rendering: Rendering, folder: Path) -> Iterator[str]:
    known, given = _reader(rendering), yaml.safe_load(data)
    if "featureGates" in given:
        return  # a gate of one version is unknown to another
    found = differences(given, read_back(known, data, folder))
    yield from (f"{rendering.image_name}: kube-proxy {known}: {lost}" for lost in found
                if acts(lost.partition(":")[0], Mode(given["mode"])))


def _reader(rendering: Rendering) -> str:
    """The kube-proxy that knows the fields of the rendering's version."""
    return NEWEST if Version.parse(rendering.profile.kube_proxy.version) >= NEW_FROM else USUAL


def acts(path: str, mode: Mode) -> bool:
    """Whether a field has an effect in a mode; where it has none, the profile is warned."""
    known = BY_PATH.get(path)
    return known is None or mode in known.modes


def _flags(data: bytes, rendering: Rendering, folder: Path) -> Iterator[str]:
    kube_binary(KubeProgram.PROXY, OLD, Silent())
    argv = unit_command(data.decode(), {"NODE_NAME": "n1", "NODE_ADDRESS": "192.0.2.1"})
    done, _ = flags_read_back(argv, folder)
    if "unknown flag" in done.output or "failed validate" in done.output:
        yield f"{rendering.image_name}: kube-proxy {OLD}: {done.output[-300:]}"


def kubeadm(renders: list[Rendering], limit: int) -> Iterator[str]:
    """kubeadm takes its documents, as far as one version of it can judge those of others."""
    found = _new((r.image_name, file.data) for r in renders
                 if (file := r.tree.files.get("kubeadm/kubeadm.yaml")) is not None)
    mine = api_of(Version.parse(USUAL)).name.encode()
    program = str(kube_binary(KubeProgram.KUBEADM, USUAL, Silent()))
    for data, name in [pair for pair in found.items() if mine in pair[0]][:limit]:
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(data)
            done = run([program, "config", "validate", "--config", file.name], check=False,
                       timeout=60)
        if done.code != 0:
            yield f"{name}: kubeadm: {done.output[-300:]}"


def packer(renders: list[Rendering], limit: int) -> Iterator[str]:
    """`packer validate .` on folders that differ in more than names and the node's files."""
    found: dict[str, Rendering] = {}
    for rendering in renders:
        rows = {path: file.data for path, file in rendering.tree.files.items()
                if path.startswith("packer/") and not path.endswith("node.tar")}
        values = json.loads(rows["packer/node.auto.pkrvars.json"])
        rows["packer/node.auto.pkrvars.json"] = json.dumps({**values, "name": ""}).encode()
        found.setdefault(hashlib.sha256(repr(rows).encode()).hexdigest(), rendering)
    for rendering in list(found.values())[:limit]:
        with tempfile.TemporaryDirectory() as folder:
            yield from _validated(rendering, Path(folder, "tree"))


def _validated(rendering: Rendering, tree: Path) -> Iterator[str]:
    rendering.tree.write(tree)
    inputs = tree / "packer/inputs"
    inputs.mkdir()
    for name in ("base.qcow2", "kube-proxy", "kubelet", "user-data", "meta-data", "ssh_key"):
        (inputs / name).touch()
    (inputs / "base.qcow2.sha256").write_text(f"{hashlib.sha256().hexdigest()}  base.qcow2\n")
    (inputs / "ssh_key").write_bytes(_key())
    done = subprocess.run([packer_program(), "validate", "."], cwd=tree / "packer", check=False,
                          capture_output=True, timeout=120,
                          env=environment({"CHECKPOINT_DISABLE": "1", "PACKER_NO_COLOR": "1"}))
    if done.returncode != 0:
        yield f"{rendering.image_name}: packer: {(done.stdout + done.stderr).decode()[-600:]}"


_KEYS: list[bytes] = []


def _key() -> bytes:
    if not _KEYS:
        with tempfile.TemporaryDirectory() as folder:
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/key"])
            _KEYS.append(Path(folder, "key").read_bytes())
    return _KEYS[0]


def judged(renders: list[Rendering], limit: int, newest: bool = False) -> list[str]:
    """What any of them refuses; at most `limit` processes for each that takes one at a time."""
    judges: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: node_expects(renders), lambda: cloud_init(renders), lambda: systemd(renders),
        lambda: sysctl(renders), lambda: kube_proxy(renders, limit, newest),
        lambda: kubeadm(renders, limit), lambda: packer(renders, limit // 4))
    return [refused for judge in judges for refused in judge()]
