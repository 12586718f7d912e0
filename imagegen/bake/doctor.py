"""What this machine lacks for a verb: tools, their versions, KVM, memory and room on the disk."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from imagegen.bake.accelerator import KVM_DEVICE, kvm_trouble
from imagegen.bake.base.builder import ROOM
from imagegen.bake.base.rootfs import installation_mode
from imagegen.bake.kube.toolchain import find_go, go_version
from imagegen.bake.packer import PLUGINS_FROM, packer_version
from imagegen.bake.preflight import FREE_BYTES
from imagegen.bake.tools import install_hint, locate_tool, this_machine
from imagegen.common.errors import ToolError
from imagegen.common.places import cache_dir
from imagegen.common.run import run
from imagegen.knowledge.datasources import Datasource
from imagegen.knowledge.tools import TOOLS, VERB_NEEDS, Case, Machine, Tool
from imagegen.profile.image import BaseFrom
from imagegen.profile.kubeproxy import BinaryFrom
from imagegen.profile.model import Profile

ARCHITECTURE = "x86_64"
QEMU_PLUGIN = "github.com/hashicorp/qemu"
MEMINFO = Path("/proc/meminfo")
# a guest's, where no profile says another, and QEMU's own beside it
GUEST_MIB, BESIDE_MIB = 1024, 512
BOOTING_VERBS = ("build", "verify")


class State(StrEnum):
    """What was found. Only `missing` and `too old` keep a verb from its work."""

    OK = "ok"
    MISSING = "missing"
    TOO_OLD = "too old"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Use:
    """A verb that needs something, and in which case."""

    verb: str
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: its state, what was found, and what to do where it lacks."""

    subject: str
    state: State
    found: str
    purpose: str
    uses: tuple[Use, ...]
    remedy: str = ""

    @property
    def hinders(self) -> bool:
        """Whether a verb cannot do its work."""
        return self.state in (State.MISSING, State.TOO_OLD)


@dataclass(frozen=True, slots=True)
class Examination:
    """All that was looked at for some verbs, and one command that installs what is missing."""

    machine: Machine
    verbs: tuple[str, ...]
    diagnoses: tuple[Diagnosis, ...]
    remedy: str

    @property
    def able(self) -> bool:
        """Whether every verb finds what it needs."""
        return not any(one.hinders for one in self.diagnoses)


def examine(verbs: Sequence[str], profile: Profile | None = None) -> Examination:
    """Look at this machine for these verbs; a profile leaves out what its own way does not need."""
    uses = _tool_uses(verbs, cases_of(profile))
    tools = {tool: _diagnose_tool(tool, needs) for tool, needs in uses.items()}
    around = [*_diagnose_machine(verbs, profile), *_diagnose_mode(uses)]
    lacking = [tool for tool, one in tools.items() if one.hinders]
    return Examination(this_machine(), tuple(verbs), (*tools.values(), *around),
                       install_hint(lacking) if lacking else "")


def cases_of(profile: Profile | None) -> frozenset[Case]:
    """The cases that hold for a profile; all of them where none is given."""
    if profile is None:
        return frozenset(Case)
    proxy = profile.kube_proxy
    holds = {
        Case.MIRROR: profile.image.base.source is BaseFrom.MIRROR,
        Case.COMPILED: proxy.by_unit and proxy.binary.source is BinaryFrom.BUILD,
        Case.VOLUME: profile.cloud_init.datasource is Datasource.NOCLOUD,
    }
    return frozenset(case for case in Case if holds.get(case, True))


def _tool_uses(verbs: Sequence[str],
               cases: frozenset[Case]) -> dict[Tool, tuple[tuple[Use, bool], ...]]:
    """The tools that verbs need in these cases: each with its uses, and whether it must be."""
    uses: dict[Tool, tuple[tuple[Use, bool], ...]] = {}
    for verb in verbs:
        for need in VERB_NEEDS.get(verb, ()):
            if need.case is None or need.case in cases:
                use = (Use(verb, need.case), not need.optional)
                uses[need.tool] = (*uses.get(need.tool, ()), use)
    return uses


def _diagnose_tool(tool: Tool, needs: tuple[tuple[Use, bool], ...]) -> Diagnosis:
    state, found = _state_of(tool)
    if not any(must for _, must in needs) and state is not State.OK:
        state = State.NOTE
    remedy = "" if state is State.OK else install_hint([tool])
    return Diagnosis(Path(tool).name, state, found, TOOLS[tool].purpose,
                     tuple(use for use, _ in needs), remedy)


def _state_of(tool: Tool) -> tuple[State, str]:
    """Whether a tool is there and new enough, and what was found."""
    path = _locate_go() if tool is Tool.GO else locate_tool(tool)
    if path is None:
        return State.MISSING, "not installed"
    minimum, version = TOOLS[tool].minimum, _version_of(tool, path)
    if version is None:
        return State.OK, path
    shown = f"{path}, {'.'.join(map(str, version))}"
    if minimum and version < minimum:
        return State.TOO_OLD, f"{shown}; {'.'.join(map(str, minimum))} is needed"
    return State.OK, shown


def _locate_go() -> str | None:
    """The Go that would compile; else an older one that is there."""
    try:
        return find_go()
    except ToolError:
        return locate_tool(Tool.GO)


def _version_of(tool: Tool, path: str) -> tuple[int, int] | None:
    """Major and minor of a tool that has a minimum; (0, 0) for one that does not say."""
    probes = {Tool.GO: go_version, Tool.PACKER: packer_version}
    if tool not in probes:
        return None
    try:
        return probes[tool](path)
    except (ToolError, StopIteration, ValueError):
        return 0, 0


def _diagnose_machine(verbs: Sequence[str], profile: Profile | None) -> Iterator[Diagnosis]:
    building = tuple(Use(verb) for verb in verbs if verb in VERB_NEEDS)
    booting = tuple(Use(verb) for verb in verbs if verb in BOOTING_VERBS)
    if not building:
        return
    if platform.machine() != ARCHITECTURE:
        yield Diagnosis("architecture", State.NOTE, platform.machine(),
                        f"imagegen makes images for {ARCHITECTURE}, and is run on it alone",
                        building, f"use a machine of {ARCHITECTURE}")
    if booting:
        yield _diagnose_kvm(booting)
        yield _diagnose_memory(booting, profile)
    if "build" in verbs and (packer := locate_tool(Tool.PACKER)):
        yield from _diagnose_plugin(packer)
    rooms = [("cache", cache_dir("base"), ROOM, ("build", "base", "inputs")),
             ("folder", Path.cwd(), FREE_BYTES, ("build",))]
    for name, folder, wanted, whose in rooms:
        if uses := tuple(use for use in building if use.verb in whose):
            yield _diagnose_room(name, folder, wanted, uses)


def _diagnose_kvm(uses: tuple[Use, ...]) -> Diagnosis:
    """A real trial, of six seconds at most; without KVM a guest is slow, and no less right."""
    purpose = "runs guests on this machine's own CPU"
    if locate_tool(Tool.QEMU) is None:
        return Diagnosis("KVM", State.NOTE, "not tried: there is no QEMU to try it with", purpose,
                         uses, "install QEMU, then ask again")
    if trouble := kvm_trouble():
        return Diagnosis("KVM", State.NOTE, f"{trouble}: guests are emulated, about ten times "
                         "slower", purpose, uses, _kvm_remedy())
    return Diagnosis("KVM", State.OK, "a trial machine ran on /dev/kvm", purpose, uses)


def _kvm_remedy() -> str:
    if KVM_DEVICE.exists() and not os.access(KVM_DEVICE, os.R_OK | os.W_OK):
        return "add this user to the group that owns /dev/kvm: `usermod -aG kvm USER`"
    return "use a machine whose firmware and hypervisor offer virtualisation"


def _diagnose_memory(uses: tuple[Use, ...], profile: Profile | None) -> Diagnosis:
    wanted = (profile.image.build_memory_mib if profile else GUEST_MIB) + BESIDE_MIB
    free = _available_mib(MEMINFO.read_text())
    state = State.OK if free >= wanted else State.NOTE
    return Diagnosis("memory", state, f"{free} MiB available of {wanted} MiB wanted",
                     "holds the guest", uses, "" if state is State.OK else
                     "end other programs, or lower image.buildMemoryMib")


def _available_mib(meminfo: str) -> int:
    """MemAvailable of /proc/meminfo (proc(5))."""
    rows = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    return int(rows["MemAvailable"].split()[0]) >> 10


def _diagnose_plugin(packer: str) -> Iterator[Diagnosis]:
    """From 1.10 on Packer has QEMU as a plugin, which `build` fetches by `packer init`."""
    if (_version_of(Tool.PACKER, packer) or (0, 0)) < PLUGINS_FROM:
        return
    listed = run([packer, "plugins", "installed"], env={"CHECKPOINT_DISABLE": "1"}, timeout=60,
                 check=False).output
    there = QEMU_PLUGIN in listed
    yield Diagnosis("packer-plugin-qemu", State.OK if there else State.NOTE,
                    "installed" if there else "not installed; the build fetches it",
                    "lets Packer start QEMU", (Use("build"),),
                    "" if there else f"packer plugins install {QEMU_PLUGIN}")


def _diagnose_room(name: str, folder: Path, wanted: int, uses: tuple[Use, ...]) -> Diagnosis:
    free = shutil.disk_usage(folder).free
    enough = free >= wanted
    remedy = "set IMAGEGEN_CACHE to a folder on a larger disk" if name == "cache" else (
        "name a folder on a larger disk with -o")
    return Diagnosis(f"room in the {name}", State.OK if enough else State.MISSING,
                     f"{free >> 20} MiB free in {folder}, {wanted >> 20} MiB needed",
                     "holds images in the making", uses, "" if enough else remedy)


def _diagnose_mode(uses: dict[Tool, tuple[tuple[Use, bool], ...]]) -> Iterator[Diagnosis]:
    """Whether this user may install a base image's packages; asked once its tools are there."""
    if Tool.MMDEBSTRAP not in uses or locate_tool(Tool.UNSHARE) is None:
        return
    whose = tuple(use for use, _ in uses[Tool.MMDEBSTRAP])
    purpose = "installs a base image's packages"
    try:
        mode = installation_mode()
    except ToolError as error:
        yield Diagnosis("root", State.MISSING, error.what, purpose, whose, error.hint)
        return
    found = "this user is root" if mode == "root" else "user namespaces take root's place"
    yield Diagnosis("root", State.OK, found, purpose, whose)
