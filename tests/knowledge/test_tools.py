"""The table of tools against this machine's own packages, and what it says of other machines."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from imagegen.bake.tools import locate_tool, this_machine
from imagegen.cli import VERBS
from imagegen.common.run import need, run
from imagegen.knowledge.tools import (
    TOOLS,
    VERB_NEEDS,
    PackageManager,
    Tool,
    machine_of,
    package_of,
    read_os_release,
    remedy_of,
)
from tests.verbs import ROOT

DEBIAN_12 = machine_of({"ID": "debian", "VERSION_ID": "12", "PRETTY_NAME": "Debian 12"})
# /etc/os-release as the distributions have it
ROCKY = 'NAME="Rocky Linux"\nVERSION_ID="9.4"\nID="rocky"\nID_LIKE="rhel centos fedora"\n'
MINT = 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="21.3"\nPRETTY_NAME="Linux Mint 21.3"\n'
ALPINE = "ID=alpine\nVERSION_ID=3.20.0\nPRETTY_NAME='Alpine Linux v3.20'\n"


@pytest.mark.parametrize("tool", [tool for tool in Tool if tool not in (Tool.GO, Tool.PACKER)])
def test_debians_package_has_the_program(tool: Tool) -> None:
    """The table's name is the package that the program on this machine came from."""
    assert this_machine().manager is PackageManager.APT, "the tests run on Debian"
    package = package_of(tool, this_machine())
    assert package is not None
    found = locate_tool(tool)
    if found is None:  # what no test needs is asked of apt's list of files or of its index alone
        assert tool in (Tool.OVMF, Tool.NEWUIDMAP), f"{tool} is not installed: ./dev setup"
        run([need("apt-cache", "apt"), "show", package])
        return
    owners = run([need("dpkg-query", "dpkg"), "-S", found, found.removeprefix("/usr")],
                 check=False).output
    assert package in {line.partition(":")[0] for line in owners.splitlines()}, owners


# no verb runs these themselves: pip's and apt's trust, Python, and what grub-mkimage reads
WITHOUT_A_TOOL = {"ca-certificates", "python3", "python3-venv", "grub-efi-amd64-bin", "grub-pc-bin"}
# Debian's own base has them, and every Debian an apt
ALWAYS = {"apt", "coreutils", "tar", "util-linux", "mount", "debian-archive-keyring"}


def listed_by_dev(*names: str) -> dict[str, set[str]]:
    """Package -> commands, of some of the arrays of ./dev."""
    arrays = dict(re.findall(r"^(MAIN|TESTS|UNPACKED)=\((.*?)\)", Path(ROOT, "dev").read_text(),
                             re.S | re.M))
    entries = [entry.strip('"').partition(":") for name in names for entry in arrays[name].split()]
    return {package: set(filter(None, commands.split(","))) for package, _, commands in entries}


def test_dev_installs_exactly_what_the_verbs_need() -> None:
    """`./dev` names Debian's packages once more, since it runs before imagegen can."""
    needed: dict[str, set[str]] = {}
    for need_ in {need_ for needs in VERB_NEEDS.values() for need_ in needs}:
        package = package_of(need_.tool, DEBIAN_12)
        if not need_.optional and need_.tool is not Tool.GO and package not in ALWAYS:
            needed.setdefault(str(package), set()).add(need_.tool)
    listed = listed_by_dev("MAIN", "UNPACKED")
    assert set(listed) == set(needed) | WITHOUT_A_TOOL
    assert {name: tools for name, tools in listed.items() if name in needed} == needed
    assert str(package_of(Tool.GO, DEBIAN_12)).split()[-1] in Path(ROOT, "dev").read_text()
    assert "ovmf" in listed_by_dev("TESTS")


@pytest.mark.parametrize(("release", "package"), [("11", None), ("12", "golang-1.23-go"),
                                                  ("13", "golang-go")])
def test_go_is_new_enough_or_not_offered(release: str, package: str | None) -> None:
    found = package_of(Tool.GO, machine_of({"ID": "debian", "VERSION_ID": release}))
    assert (found.split()[-1] if found else None) == package


@pytest.mark.parametrize(("os_release", "tool", "remedy"), [
    (ROCKY, Tool.XORRISO, "dnf install xorriso"),
    (ROCKY, Tool.QEMU, "linux has no package of it that imagegen knows: "
     "https://www.qemu.org/download/"),
    (MINT, Tool.QEMU_IMG, "apt-get install qemu-utils"),
    (ALPINE, Tool.XORRISO, "Alpine Linux v3.20 has no package of it that imagegen knows: "
     "https://www.gnu.org/software/xorriso/"),
    ("ID=arch\n", Tool.XORRISO, "pacman -S libisoburn"),
    ("ID=fedora\nVERSION_ID=42\n", Tool.SFDISK, "dnf install util-linux"),
    ("ID=debian\nVERSION_ID=13\nPRETTY_NAME=Debian\\ 13\n", Tool.PACKER, "Debian 13 has no "
     "package of it that imagegen knows: https://developer.hashicorp.com/packer/install"),
    ("ID=debian\nVERSION_ID=12\n", Tool.GO, "apt-get install -t bookworm-backports "
     "golang-1.23-go, with bookworm-backports among apt's sources"),
    ("", Tool.TAR, "linux has no package of it that imagegen knows: "
     "https://www.gnu.org/software/tar/"),
])
def test_the_remedy_is_this_machines(os_release: str, tool: Tool, remedy: str) -> None:
    machine = machine_of(read_os_release(os_release))
    assert remedy_of(tool, machine) == remedy.replace("linux has", f"{machine.title} has")


def test_every_tool_says_what_it_is_for_and_where_it_comes_from() -> None:
    assert set(TOOLS) == set(Tool)
    for tool, facts in TOOLS.items():
        assert facts.purpose and facts.upstream.startswith("https://"), tool
        assert package_of(tool, DEBIAN_12), tool


def test_every_tool_is_of_a_verb() -> None:
    assert set(VERB_NEEDS) <= set(VERBS)
    needed = {need.tool for needs in VERB_NEEDS.values() for need in needs}
    assert needed | {Tool.NEWUIDMAP} == set(Tool)


def test_no_module_names_a_package_of_its_own() -> None:
    """`find_tool` takes the package from the table; `need` would give a second declaration."""
    shared = Path(ROOT, "imagegen/common/run.py")  # declares `need`, for the tests' own tools
    sources = [path for path in Path(ROOT, "imagegen").rglob("*.py") if path != shared]
    assert len(sources) > 300
    named = [f"{path}:{node.lineno}" for path in sources for node in
             ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
             and isinstance(node.func, ast.Name) and node.func.id == "need"]
    hinted = [str(path) for path in sources if "apt-get install " in path.read_text()
              and not path.is_relative_to(Path(ROOT, "imagegen/node"))]
    assert named == []
    assert hinted == []
