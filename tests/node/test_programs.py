"""Programs that are begun before they are asked for, and none that is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagegen.node.host import Host
from imagegen.node.judge import begin, judged
from imagegen.node.model import CannotTell
from imagegen.node.verdict import verdict
from tests.node.fake import RUNNING, UNIT, FakeNode, fact
from tests.processes import children

CHAINS = {"family": "IPv6", "rules": ["nat PREROUTING KUBE-SERVICES"]}
PACKAGE = {"name": "ipset", "tool": "/usr/sbin/ipset", "minimum": "7.0"}


@pytest.fixture
def host() -> Iterator[Host]:
    before = set(children())
    made = Host()
    yield made
    made.drop()
    assert set(children()) <= before


def test_what_was_begun_runs_already_and_once(host: Host, tmp_path: Path) -> None:
    argv = ["sh", "-c", f"echo started >>{tmp_path}/runs; echo out; exit 4"]
    host.begin(argv)
    host.begin(argv)
    assert host.output(argv) == (4, b"out\n")
    assert (tmp_path / "runs").read_text() == "started\n"
    assert host.output(argv) == (4, b"out\n")
    assert (tmp_path / "runs").read_text() == "started\nstarted\n"


def test_what_prints_more_than_a_pipe_holds(host: Host) -> None:
    argv = ["head", "-c", "1000000", "/dev/zero"]
    host.begin(argv)
    assert len(host.output(argv)[1]) == 1_000_000


def test_what_nobody_asked_for_is_ended_with_all_that_it_started(host: Host) -> None:
    before, ended = set(children()), set(children(ended=True))
    host.begin(["sh", "-c", "sleep 600 & sleep 600"])
    host.begin(["true"])
    assert set(children()) - before
    host.drop()
    assert set(children()) <= before
    assert set(children(ended=True)) <= ended


def test_what_cannot_be_begun_is_told_to_whoever_asks(host: Host) -> None:
    host.begin(["/no/such/program"])
    with pytest.raises(CannotTell, match="cannot be run: No such file"):
        host.output(["/no/such/program"])


def test_rules_say_what_they_will_run(fake: FakeNode) -> None:
    fake.write("/usr/sbin/ipset", "", 0o755)
    facts = [fact("chains", CHAINS), fact("package", PACKAGE),
             fact("package", {"name": "kmod", "tool": None}), fact("nobody knows it", {})]
    begin(fake.node("table", facts), facts)
    assert fake.host.begun == ["ip6tables-save", f"{fake.root}/usr/sbin/ipset --version"]
    fake.host.programs = {"ip6tables-save": (0, ""), "ipset": (0, "ipset v7.17\n")}
    asked: list[str] = []
    output = fake.host.output
    fake.host.output = lambda argv, timeout=20.0: (  # type: ignore[method-assign]
        asked.append(" ".join(argv)), output(argv, timeout))[1]
    fake.write("/var/lib/dpkg/status", "Package: ipset\nStatus: install ok installed\nVersion: 7\n")
    for one in facts[:2]:
        judged(one, fake.node("table", facts))
    assert asked[0] == fake.host.begun[0]
    assert asked[-1] == fake.host.begun[1]


def test_a_first_look_that_has_to_wait_keeps_nothing_of_it(fake: FakeNode) -> None:
    """The chains that it read would be older than the table that came."""
    facts = [fact("unit", {"name": UNIT, "state": "active"}), fact("chains", CHAINS)]
    begun: list[list[str]] = []
    fake.host.units[UNIT] = {**RUNNING, "ActiveState": "activating"}
    fake.host.programs["ip6tables-save"] = 0, "*nat\n-A PREROUTING -j KUBE-SERVICES\n"

    def comes() -> None:
        begun.append(list(fake.host.begun))
        fake.host.units[UNIT] = RUNNING
    fake.host.on_sleep = comes
    node = fake.node("table", facts)
    assert verdict(node, 60, lambda _line: None, 0.0)["verdict"] == "green"
    assert begun == [[]]
