"""The node is one of its own: machine-id (case H12) and clock."""

from __future__ import annotations

import hashlib
import re
import time

import pytest

from imagegen.node.expectations import Expectations, KubeProxy, NodeSettings
from imagegen.node.host import Elsewhere
from imagegen.node.judge import judged
from imagegen.node.model import Outcome
from imagegen.node.state import Node
from tests.node.fake import FakeNode, fact
from tests.verbs import ROOT

ID = "4f1d0c2a9b7e4d318c55aa10e2b6f703"
OTHER = "0123456789abcdef0123456789abcdef"
ETC, BUS = "/etc/machine-id", "/var/lib/dbus/machine-id"
BUILD = "/usr/lib/imagegen/build-identity"
SEALED = 1_790_000_000


def image(fake: FakeNode) -> Outcome:
    """The rule at level bake, of a sealed image's files (`--root`)."""
    one = fact("machine_id", {}, "bake")
    told = Expectations("p", "d", 0.0, KubeProxy({}), [one])
    return judged(one, Node(str(fake.root), Elsewhere(), "bake", told, NodeSettings(None, None)))


@pytest.mark.parametrize("text", ["", "uninitialized\n", "uninitialized"])
@pytest.mark.parametrize("linked", [True, False])
def test_h12_b_and_c_are_sealed(fake: FakeNode, text: str, linked: bool) -> None:
    fake.write(ETC, text)
    if linked:
        fake.link(BUS, ETC)
    assert image(fake).result == "ok"


def test_h12_a_the_file_is_missing(fake: FakeNode) -> None:
    outcome = image(fake)
    assert outcome.result == "red"
    assert "systemd needs the file when / is mounted read-only" in outcome.remedy


def test_h12_d_the_builds_id_was_kept(fake: FakeNode) -> None:
    fake.write(ETC, f"{ID}\n")
    outcome = image(fake)
    assert (outcome.result, outcome.saw) == ("red", f"{ETC} holds '{ID}'")


def test_h12_e_dbus_has_another(fake: FakeNode) -> None:
    fake.write(ETC, "")
    fake.write(BUS, f"{ID}\n")
    outcome = image(fake)
    assert (outcome.result, outcome.saw) == ("red", f"{BUS} holds '{ID}'")


def seal() -> list[str]:
    """The seal's commands, comments left out."""
    rows = (ROOT / "packer/qemu/seal.sh").read_text().split("\n")
    return [row.strip() for row in rows if row.strip() and not row.lstrip().startswith("#")]


def test_h12_f_nothing_touches_the_id_after_the_seal_wrote_it() -> None:
    """cloud-init 22.4 deletes the file, 23.1 writes `uninitialized`: the seal has the last word."""
    rows = seal()
    last = max(n for n, row in enumerate(rows) if "/etc/machine-id" in row and ">" in row)
    assert rows[last] == r"printf 'uninitialized\n' >/etc/machine-id"
    after = " ".join(rows[last + 1:])
    assert "cloud-init" not in after
    assert re.findall(r"\S*machine-id", after) == ["/etc/machine-id"]  # its mode
    assert not any("clean" in row and "--machine-id" in row for row in rows)
    assert f"rm -f {BUS}" in rows[:last]


def test_the_build_guest_itself_still_has_its_id(fake: FakeNode) -> None:
    assert fake.judge("machine_id", {}, "bake").result == "red"
    fake.write(ETC, f"{ID}\n")
    assert fake.judge("machine_id", {}, "bake").result == "ok"


@pytest.mark.parametrize("level", ["kernel", "table"])
def test_a_booted_node_of_its_own(fake: FakeNode, level: str) -> None:
    fake.write(ETC, f"{ID}\n")
    fake.link(BUS, ETC)
    fake.write(BUILD, f"machine-id {hashlib.sha256(OTHER.encode()).hexdigest()}\nsealed {SEALED}\n")
    outcome = fake.judge("machine_id", {}, level)
    assert (outcome.result, outcome.saw) == ("ok", ID)


def test_h12_a_node_with_the_builds_own_id(fake: FakeNode) -> None:
    fake.write(ETC, f"{ID}\n")
    fake.write(BUILD, f"machine-id {hashlib.sha256(ID.encode()).hexdigest()}\nsealed {SEALED}\n")
    outcome = fake.judge("machine_id", {})
    assert (outcome.result, outcome.saw) == ("red", "it is the id that the build had")


@pytest.mark.parametrize("text", [None, "", "uninitialized\n", "0" * 32, ID.upper(), f"{ID}0"])
def test_an_id_that_is_none(fake: FakeNode, text: str | None) -> None:
    if text is not None:
        fake.write(ETC, text)
    assert fake.judge("machine_id", {}).result == "red"


def test_dbus_goes_by_another(fake: FakeNode) -> None:
    fake.write(ETC, f"{ID}\n")
    fake.write(BUS, f"{ID}\n")
    assert fake.judge("machine_id", {}).result == "ok"
    fake.write(BUS, f"{OTHER}\n")
    outcome = fake.judge("machine_id", {})
    assert (outcome.result, BUS in outcome.saw) == ("red", True)


def test_a_clock_from_before_the_image(fake: FakeNode) -> None:
    fake.write(BUILD, f"machine-id x\nsealed {SEALED}\n")
    fake.host.date = SEALED + 3 * 86400.0
    outcome = fake.judge("clock", {"synchronised": False}, "kernel")
    assert (outcome.result, outcome.saw) == ("ok", "3.0 days after the image was sealed")
    fake.host.date = 0.0
    outcome = fake.judge("clock", {"synchronised": False}, "kernel")
    assert outcome.result == "red"
    assert outcome.saw.endswith("days before the image was sealed")


@pytest.mark.parametrize(("asked", "level", "result"), [
    (True, "table", "warning"), (False, "table", "ok"), (True, "kernel", "ok")])
def test_a_clock_that_no_server_has_set(fake: FakeNode, asked: bool, level: str,
                                        result: str) -> None:
    fake.host.kept_by_server = False
    assert fake.judge("clock", {"synchronised": asked}, level).result == result


def test_a_clock_that_a_server_keeps(fake: FakeNode) -> None:
    assert fake.judge("clock", {"synchronised": True}).saw == "set by a time server"


def test_a_note_that_is_no_time_is_unknown(fake: FakeNode) -> None:
    fake.write(BUILD, "sealed yesterday\n")
    assert fake.judge("clock", {"synchronised": False}).result == "unknown"


def test_the_kernel_tells_whether_its_clock_is_kept() -> None:
    from imagegen.node.clock import synchronised

    assert synchronised() in (True, False)


def test_the_seal_notes_the_id_that_the_check_compares(fake: FakeNode) -> None:
    """Its own lines, run on this root: what `sha256sum` makes of the id is what the rule makes."""
    import subprocess

    text = (ROOT / "packer/qemu/seal.sh").read_text()
    block = text[text.index("if [ -s /etc/machine-id"):text.index("rm -f /var/lib/dbus")]
    fake.write(ETC, f"{ID}\n")
    (fake.root / "usr/lib/imagegen").mkdir(parents=True)
    for folder in ("/etc/", "/usr/lib/imagegen"):
        block = block.replace(folder, f"{fake.root}{folder}")
    subprocess.run(["sh", "-euc", block], check=True)
    assert fake.judge("machine_id", {}).saw == "it is the id that the build had"
    rows = dict(row.split() for row in (fake.root / BUILD.lstrip("/")).read_text().splitlines())
    assert rows["machine-id"] == hashlib.sha256(ID.encode()).hexdigest()
    assert abs(int(rows["sealed"]) - time.time()) < 86400
    fake.host.date = float(rows["sealed"]) - 1
    assert fake.judge("clock", {"synchronised": False}).result == "red"
    fake.host.date += 2
    assert fake.judge("clock", {"synchronised": False}).result == "ok"
