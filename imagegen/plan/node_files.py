"""The user's own files, units and scripts."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.plan.facts import (
    ALWAYS,
    Content,
    Fact,
    Json,
    Line,
    Links,
    Proof,
    Rule,
    Template,
)
from imagegen.profile.model import Profile
from imagegen.profile.node_files import Hook, Unit, UnitState

REBUILD = "Build the image anew and replace the node: an image is not mended in place."
UNIT_FOLDER = "/etc/systemd/system"
HOOKS = "/usr/lib/imagegen/hooks"
RUN_HOOKS = "/usr/lib/imagegen/run-hooks"
# What the build's step 25 reads: a line a thing, since no file alone brings it about.
OWNERS = "/usr/lib/imagegen/owners"
UNIT_STATES = "/usr/lib/imagegen/unit-states"


def file_fact(name: str, reason: str, source: str, baked: Template | Content) -> Fact:
    """A file as a fact; the sha256 of its proof is known when it is rendered."""
    expect: dict[str, Json] = {"path": baked.path}
    if isinstance(baked, Content) and (baked.owner, baked.group) != ("root", "root"):
        expect |= {"owner": baked.owner, "group": baked.group}
    return Fact(f"file.{name}", reason, source, REBUILD, baked, Proof(Rule.FILE, expect, ALWAYS))


def user_files(profile: Profile) -> Iterator[Fact]:
    """`os.files`: the bytes, the mode, and to whom they belong."""
    for file in profile.os.files:
        yield file_fact(file.path, "the profile asks for it", "os.files of the profile",
                        Content(file.path, file.data, int(file.mode, 8), file.owner, file.group))


def user_units(profile: Profile) -> Iterator[Fact]:
    """`os.units`: whole units, drop-ins, and what becomes of a unit at boot."""
    for unit in profile.os.units:
        for path, text in unit_files(unit):
            yield file_fact(path, "the profile asks for it", "os.units of the profile",
                            Content(path, text.encode()))
        if unit.state is not None:
            yield _state(unit, unit.state)


def unit_files(unit: Unit) -> Iterator[tuple[str, str]]:
    """Where a unit's texts lie, and the texts."""
    if unit.content is not None:
        yield f"{UNIT_FOLDER}/{unit.name}", unit.content
    for drop_in in unit.drop_ins:
        yield f"{UNIT_FOLDER}/{unit.name}.d/{drop_in.name}.conf", drop_in.content


def _state(unit: Unit, state: UnitState) -> Fact:
    verb = {"enabled": "enable", "disabled": "disable", "masked": "mask"}[state]
    # a mask is a link; the other two follow the unit's own [Install], which systemctl reads
    baked = (Links(((f"{UNIT_FOLDER}/{unit.name}", "/dev/null"),)) if state is UnitState.MASKED
             else Line(UNIT_STATES, f"{verb} {unit.name}"))
    return Fact(f"unit.{unit.name}", "the profile asks for it", "os.units of the profile",
                f"Run `systemctl {verb} {unit.name}`.", baked,
                Proof(Rule.UNIT, {"name": unit.name, "state": state.value}, ALWAYS))


def hook_facts(profile: Profile) -> Iterator[Fact]:
    """`os.hooks`: the scripts stay on the node, to tell what was done to it."""
    hooks = profile.os.hooks
    if hooks.before or hooks.after:
        yield file_fact("run-hooks", "the build runs the profile's scripts with it", "imagegen",
                        Template(RUN_HOOKS, {"folder": HOOKS}, 0o755))
    for when, scripts in (("before", hooks.before), ("after", hooks.after)):
        for number, hook in enumerate(scripts):
            path = hook_path(when, number, hook)
            yield file_fact(path, f"the build runs it {when} its own steps",
                            "os.hooks of the profile", Content(path, _runnable(hook), 0o755))


def hook_path(when: str, number: int, hook: Hook) -> str:
    """The scripts run in the order of their names, so the number keeps the profile's order."""
    return f"{HOOKS}/{when}/{number:03}-{hook.name}"


def _runnable(hook: Hook) -> bytes:
    head = "" if hook.script.startswith("#!") else "#!/bin/sh\nset -eu\n"
    end = "" if hook.script.endswith("\n") else "\n"
    return f"{head}{hook.script}{end}".encode()


def owner_lines(facts: tuple[Fact, ...]) -> list[str]:
    """`OWNER:GROUP PATH` of every file that is not root's."""
    return [f"{baked.owner}:{baked.group} {baked.path}" for baked in (f.baked for f in facts)
            if isinstance(baked, Content) and (baked.owner, baked.group) != ("root", "root")]
