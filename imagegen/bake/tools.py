"""Finding the programs of knowledge/tools.py on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from imagegen.common.errors import ToolError
from imagegen.common.run import environment
from imagegen.knowledge.tools import (
    INSTALL,
    Machine,
    Tool,
    machine_of,
    package_of,
    read_os_release,
    remedy_of,
)

# what names another program, by tool
OWN_PROGRAM = {Tool.PACKER: "PACKER_BIN"}


_OS_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))


@cache
def this_machine() -> Machine:
    """The machine that imagegen runs on; one without os-release has no package manager."""
    found = next((path for path in _OS_RELEASE if path.exists()), None)
    return machine_of(read_os_release(found.read_text(errors="replace")) if found else {})


def locate_tool(tool: Tool) -> str | None:
    """The full path of a tool; None where it is not installed."""
    if tool.startswith("/"):
        return tool.value if Path(tool).exists() else None
    named = os.environ.get(OWN_PROGRAM.get(tool, ""))
    return shutil.which(named or tool, path=environment()["PATH"])


def find_tool(tool: Tool) -> str:
    """The full path of a tool. Raises ToolError that names this machine's package for it."""
    found = locate_tool(tool)
    if found is None:
        raise missing_tools([tool])
    return found


def require_tools(tools: Iterable[Tool]) -> None:
    """Raises one ToolError that names every tool that is missing, and what brings them."""
    missing = [tool for tool in dict.fromkeys(tools) if locate_tool(tool) is None]
    if missing:
        raise missing_tools(missing)


def missing_tools(tools: Iterable[Tool]) -> ToolError:
    """The error for tools that are not installed: all of them, and what to do."""
    tools = list(tools)
    names = [os.environ.get(OWN_PROGRAM.get(tool, "")) or tool.value for tool in tools]
    verb = "is" if len(names) == 1 else "are"
    return ToolError(f"{_listed(names)} {verb} not installed", hint=install_hint(tools))


def install_hint(tools: Iterable[Tool]) -> str:
    """One command for all that this machine's packages bring, then a page for each other tool."""
    machine, packages, rest = this_machine(), [], []
    for tool in tools:
        package = package_of(tool, machine)
        if package and machine.manager and not package.startswith("-"):
            packages.append(package)
        else:
            rest.append(remedy_of(tool, machine))
        if tool in OWN_PROGRAM:
            rest.append(f"or set {OWN_PROGRAM[tool]} to your own {tool}")
    command = [f"{INSTALL[machine.manager]} {' '.join(dict.fromkeys(packages))}"] if (
        packages and machine.manager) else []
    return "; ".join([*command, *dict.fromkeys(rest)])


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
