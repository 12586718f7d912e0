"""Packages: the manager's books, the tool, its own word."""

from __future__ import annotations

import pytest

from imagegen.node.rules import package
from tests.node.fake import FakeNode

IPSET = {"name": "ipset", "tool": "/usr/sbin/ipset", "minimum": "6.0"}
STATUS = """\
Package: ipset-doc
Status: install ok installed
Version: 1

Package: ipset
Status: {state}
Priority: optional
Version: 7.17-1
Description: administration tool
 Package: not this

Package: last
Status: install ok installed
Version: 3
"""


def installed(fake: FakeNode, state: str = "install ok installed", mode: int = 0o755) -> None:
    fake.write("/var/lib/dpkg/status", STATUS.format(state=state))
    fake.write("/usr/sbin/ipset", "", mode)
    fake.host.programs["ipset"] = (0, "ipset v7.17, protocol version: 7\n")


def test_installed_and_new_enough(fake: FakeNode) -> None:
    installed(fake)
    outcome = fake.judge("package", IPSET)
    assert (outcome.result, outcome.saw) == ("ok", "7.17")


def test_removed_but_configured_is_not_installed(fake: FakeNode) -> None:
    installed(fake, "deinstall ok config-files")
    assert fake.judge("package", IPSET).saw == "the package ipset is not installed"


def test_half_installed_is_not_installed(fake: FakeNode) -> None:
    installed(fake, "install reinstreq half-installed")
    assert fake.judge("package", IPSET).result == "red"


def test_never_installed(fake: FakeNode) -> None:
    installed(fake)
    assert fake.judge("package", {"name": "ips"}).result == "red"


def test_first_and_last_stanza_are_found(fake: FakeNode) -> None:
    installed(fake)
    assert fake.judge("package", {"name": "ipset-doc"}).saw == "1"
    assert fake.judge("package", {"name": "last"}).saw == "3"


def test_the_tool_is_gone(fake: FakeNode) -> None:
    installed(fake, mode=0o644)
    assert "/usr/sbin/ipset cannot be run" in fake.judge("package", IPSET).saw


def test_the_tool_may_lie_in_the_other_folder(fake: FakeNode) -> None:
    installed(fake, mode=0o644)
    fake.write("/sbin/ipset", "", 0o755)
    assert fake.judge("package", IPSET).result == "ok"


def test_too_old(fake: FakeNode) -> None:
    installed(fake)
    fake.host.programs["ipset"] = (0, "ipset v4.5, protocol version: 5")
    outcome = fake.judge("package", IPSET)
    assert (outcome.result, outcome.saw) == ("red", "4.5, older than 6.0")


def test_ten_is_newer_than_nine(fake: FakeNode) -> None:
    installed(fake)
    fake.host.programs["ipset"] = (0, "ipset v10.1")
    assert fake.judge("package", {**IPSET, "minimum": "9.0"}).result == "ok"


def test_a_tool_that_tells_no_version_is_red(fake: FakeNode) -> None:
    installed(fake)
    fake.host.programs["ipset"] = (1, "Cannot open session to kernel.")
    assert "tells no version" in fake.judge("package", IPSET).saw


def test_no_books_at_all_is_unknown(fake: FakeNode) -> None:
    assert fake.judge("package", IPSET).result == "unknown"


def test_rpm(fake: FakeNode) -> None:
    fake.write("/usr/bin/rpm", "", 0o755)
    fake.host.programs["rpm"] = (0, "7.11-8.el9")
    assert fake.judge("package", {"name": "ipset"}).saw == "7.11-8.el9"
    fake.host.programs["rpm"] = (1, "package ipset is not installed")
    assert fake.judge("package", {"name": "ipset"}).result == "red"


def test_a_system_that_is_one_image_keeps_no_books(fake: FakeNode) -> None:
    expect = {**IPSET, "books": False}
    assert fake.judge("package", expect).result == "red"
    fake.write("/usr/sbin/ipset", "", 0o755)
    fake.host.programs["ipset"] = (0, "ipset v7.17, protocol version: 7\n")
    assert fake.judge("package", expect).result == "ok"


def test_the_books_are_read_once_for_all_packages(fake: FakeNode,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    installed(fake)
    node, read = fake.node(), fake.node().read
    reads: list[str] = []

    def counted(path: str) -> bytes | None:
        reads.append(path)
        return read(path)

    monkeypatch.setattr(node, "read", counted)
    for name in ("ipset", "ipset", "nowhere"):
        package.installed(node, name)
    assert reads == [package.DPKG]
