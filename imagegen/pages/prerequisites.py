"""docs/prerequisites.md: what each verb needs of a machine, by distribution.

All of it is from the table of tools.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from imagegen.knowledge.tools import (
    INSTALL,
    TOOLS,
    VERB_NEEDS,
    Machine,
    Need,
    Tool,
    machine_of,
    package_of,
)

_MADE = ("<!-- Written by `imagegen explain --write docs`, from imagegen/knowledge/tools.py. -->\n")
_DISTRIBUTIONS = {
    "Debian 11": ("debian", "11"), "Debian 12": ("debian", "12"), "Debian 13": ("debian", "13"),
    "Ubuntu 22.04": ("ubuntu", "22.04"), "Ubuntu 24.04": ("ubuntu", "24.04"),
    "Fedora": ("fedora", ""), "RHEL, Rocky, AlmaLinux": ("rhel", ""), "Arch": ("arch", ""),
}
_HEAD = """# Prerequisites

imagegen itself needs Python 3.11 or newer, and the packages that pip brings. The `python3` of
Debian 11, Ubuntu 22.04 and RHEL 9 is older. Most verbs run no other program.

The verbs below run programs of the machine that they are on, which must be Linux on amd64:

    imagegen doctor            what is missing here, and the command that installs it
    imagegen doctor build      the same for one verb

In a checkout on Debian 12, `./dev setup` installs all of it, and what the tests need.

A build and a boot use KVM where it works. Without KVM they emulate the CPU, about ten times
slower. A base image takes 4 GiB in the cache while it is made, a build 3 GiB in its folder, and a
guest 1 GiB of memory. Making a base image needs root, or user namespaces for the user.

## What is run and what is believed

The tests run on Debian 12, with its Packer 1.6.6. The names for Debian 11, 12 and 13 were asked of
their package indexes. The names for all other distributions are believed, not run.
Packer 1.10 and newer take QEMU as a plugin, which the build fetches by `packer init`: believed, not
run.
"""


def prerequisites_page() -> str:
    """The whole page."""
    parts = [_MADE + _HEAD, _tools_by_verb(), _packages_by_distribution()]
    return "\n".join(parts)


def _tools_by_verb() -> str:
    rows = "".join(f"| `{verb}` | {_listed(needs)} |\n" for verb, needs in VERB_NEEDS.items())
    return f"## Programs by verb\n\n| verb | programs |\n|---|---|\n{rows}"


def _listed(needs: Iterable[Need]) -> str:
    """The programs that are always needed, then those of each case."""
    needs = list(needs)
    parts = []
    for case in dict.fromkeys(need.case for need in needs):
        names = ", ".join(_name(need.tool) for need in needs if need.case is case)
        parts.append(f"{case}: {names}" if case else names)
    return "; ".join(parts)


def _name(tool: Tool) -> str:
    minimum = TOOLS[tool].minimum
    shown = PurePath(tool).name
    return f"{shown} {'.'.join(map(str, minimum))} or newer" if minimum else shown


def _packages_by_distribution() -> str:
    parts = ["## Packages by distribution\n\nAll that every verb needs, in one command. What has "
             "no package is named with its upstream.\n"]
    for title, (name, version) in _DISTRIBUTIONS.items():
        machine = machine_of({"ID": name, "VERSION_ID": version, "PRETTY_NAME": title})
        parts.append(f"\n### {title}\n\n{_commands(machine)}")
    return "".join(parts)


def _commands(machine: Machine) -> str:
    found = {tool: package_of(tool, machine) for tool in _needed()}
    named = [package for package in found.values() if package]
    plain = dict.fromkeys(name for name in sorted(named) if not name.startswith("-"))
    assert machine.manager is not None
    command = INSTALL[machine.manager]
    lines = [f"    {command} {' '.join(plain)}\n"]
    lines += [f"    {command} {name}\n" for name in named if name.startswith("-")]
    if len(lines) > 1:
        lines.append("\nThe suite after `-t` must be among apt's sources.\n")
    without = "".join(f"- {_name(tool)}: {TOOLS[tool].upstream}\n"
                      for tool, package in found.items() if package is None)
    return "".join(lines) + (f"\nWithout a package:\n\n{without}" if without else "")


def _needed() -> list[Tool]:
    """Every tool that a verb must have, and the one that root does without."""
    tools = [need.tool for needs in VERB_NEEDS.values() for need in needs if not need.optional]
    return list(dict.fromkeys([*tools, Tool.NEWUIDMAP]))
