"""Whatever /proc/net/ip_vs holds, the parser and the rules that read it answer or cannot tell.

`IMAGEGEN_FUZZ_SECONDS` says how long to try (`./dev wide`: ten minutes). The megabytes would take
hours where something is not linear: pytest's own timeout ends that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegen.node.ipvs_proc import Table
from imagegen.node.model import CannotTell, Outcome
from imagegen.node.rules import RULES
from imagegen.node.state import Node
from tests.node import cases
from tests.node.fake import TITLE, FakeNode
from tests.node.test_ipvs_proc import virtual_lines

SECONDS = float(os.environ.get("IMAGEGEN_FUZZ_SECONDS", "5"))
WIDE_SECONDS = float(os.environ.get("IMAGEGEN_FUZZ_SECONDS", "600"))
EXAMPLES_A_ROUND = 200
EXPECTS: dict[str, dict[str, Any]] = {
    "device": {"name": "kube-ipvs0"},
    "api_service": {"address": "10.254.0.1", "port": 443},
    "scheduler": {"name": "rr", "excluded": ["192.0.2.0/24"]},
    "forwarding": {"method": "Masq", "excluded": ["fd00::/8"]},
    "endpoints": {"excluded": ["10.0.0.0/8"]},
    "stray_probe": {},
    "loopback": {"allowed": False},
    "flags": {"mhPort": False, "ranges": ["10.254.0.0/16"], "excluded": ["192.0.2.0/24"]},
    "foreign": {"ranges": ["10.254.0.0/16", "fd00::/108"], "excluded": ["192.0.2.0/24"]},
    "node_port": {"ranges": ["10.254.0.0/16"], "addresses": None, "nodePorts": "30000-32767"},
    "ipvs_absent": {"ranges": ["10.254.0.0/16"]},
}
API = "TCP  0AFE0001:01BB rr  \n  -> C0A8018E:192B      Masq    1      0          0         \n"
FIELD = (API, cases.WEIGHT_ZERO, cases.LOOPBACK, cases.MARKS, cases.KEEPALIVED)
ASKED: tuple[Callable[[Table], object], ...] = (
    Table.services, Table.by_mark, Table.schedulers, Table.addresses, Table.without_real_servers,
    Table.unusual, Table.shown,
    lambda table: [(one.name, table.real_servers(one)) for one in table.services()],
    lambda table: table.unusual("Tunnel"),
    Table.flagged, Table.mixed,
    lambda table: table.within(["10.254.0.0/16"], 4),
    lambda table: table.entries_within(["fd00::/108"], 16),
    lambda table: table.entries_within(["10.0.0.0/8"], 4),
    lambda table: [one.port for one in table.services() if one.protocol != b"FWM"],
    lambda table: table.at({bytes(4)}),
    lambda table: [one.name for one in table.with_scheduler_other_than("rr")],
    lambda table: table.starting_with((b"7F",)),
    lambda table: table.get("TCP", b"0AFE0001:01BB"),
)


def survives(text: bytes, node: FakeNode) -> None:
    """Any other exception than CannotTell is a failure, of the parser and of every rule."""
    told(lambda: [told(lambda ask=ask: ask(Table(text))) for ask in ASKED])  # type: ignore[misc]
    node.write("/proc/net/ip_vs", text)
    for rule, expect in EXPECTS.items():
        outcome = told(lambda rule=rule, expect=expect: (  # type: ignore[misc]
            RULES[rule].judge()(expect, asked(node))))
        assert outcome is None or isinstance(outcome, Outcome)


def asked(node: FakeNode) -> Node:
    return node.node("table", [])


def told(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except CannotTell as reason:
        assert str(reason)
        return None


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> FakeNode:
    made = FakeNode(Path(tmp_path_factory.mktemp("hostile")))
    made.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    made.host.local = [(7, 2, b"\x0a\xfe\x00\x01", 32)]
    return made


tables = st.one_of(
    st.sampled_from(FIELD), st.lists(virtual_lines(), max_size=6).map("".join)
).map(lambda lines: (TITLE + lines).encode())
numbers = st.sampled_from([b"-1", b"4294967296", b"9" * 40, b"F" * 400, b"-" * 9, b"1e9", b"0x10"])
rubbish = st.one_of(st.binary(max_size=40), numbers, st.sampled_from([
    b"\n", b"\nTCP ", b"\nFWM  ", b"\n  -> ", b" Masq    1 ", b"[", b"]:", b":", b"\x00", b"\xff",
    b"persistent", TITLE.encode(), b"\r\n", b"\t"]))
places = st.integers(0, 2000)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A real table, cut off, overwritten, with columns swapped, doubled or gone."""
    text = draw(tables)
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(places) % (len(text) + 1), draw(st.integers(0, 60))
        how = draw(st.sampled_from(["cut", "insert", "overwrite", "double", "drop", "columns"]))
        if how == "cut":
            text = text[:at]
        elif how in ("insert", "overwrite"):
            text = text[:at] + draw(rubbish) + text[at + (length if how == "overwrite" else 0) :]
        elif how == "double":
            text = text[:at] + text[at : at + length] + text[at:]
        elif how == "drop":
            text = text[:at] + text[at + length :]
        else:
            lines = text.split(b"\n")
            words = lines[at % len(lines)].split(b" ")
            lines[at % len(lines)] = b" ".join(draw(st.permutations(words)))
            text = b"\n".join(lines)
    return text


hostile = st.one_of(spoilt(), st.binary(max_size=500))


def try_for(seconds: float, node: FakeNode) -> None:
    end = time.monotonic() + seconds

    @settings(max_examples=EXAMPLES_A_ROUND, database=None)
    @given(hostile)
    def one_round(text: bytes) -> None:
        survives(text, node)

    one_round()
    while time.monotonic() < end:
        one_round()


def test_spoilt_text_is_judged_or_cannot_be_told(node: FakeNode) -> None:
    try_for(SECONDS, node)


@pytest.mark.wide
@pytest.mark.timeout(3600)
def test_spoilt_text_for_a_long_time(node: FakeNode) -> None:
    try_for(WIDE_SECONDS, node)


@pytest.mark.parametrize("lines", FIELD)
def test_cut_off_at_any_byte(lines: str, node: FakeNode) -> None:
    """Within a line it cannot be told; after one it is a smaller table."""
    text = (TITLE + lines).encode()
    for end in range(len(text)):
        survives(text[:end], node)
        if end and not text[:end].endswith(b"\n"):
            with pytest.raises(CannotTell):
                Table(text[:end])


BIG = 1 << 22
LARGE = {
    "no newline": b"TCP  " + b"A" * BIG,
    "blanks": b"\nTCP" + b" " * BIG + b"\n",
    "one key": TITLE.encode() + b"TCP  " + b"0" * BIG + b":0050 rr  \n",
    "one mark": TITLE.encode() + b"FWM  " + b"F" * BIG + b" rr \n",
    "one scheduler": TITLE.encode() + b"TCP  0AFE0001:0050 " + b"\xff" * BIG + b" \n",
    "letters of a method": TITLE.encode() + API.encode() + b"  -> 0A000001:0050 " + b"M" * BIG
                           + b" 1 0 0\n",
    "newlines": b"\n" * BIG,
    "heads": TITLE.encode() + b"TCP \n" * (BIG // 5),
    "arrows": TITLE.encode() + b"  -> \n" * (BIG // 6),
    "marks with real servers": TITLE.encode() + b"".join(
        b"FWM  %08X rr \n  -> AC1E0101:0000      Masq    0      0          0         \n" % mark
        for mark in range(1, 40_000)),
    "all drained": TITLE.encode() + b"".join(
        b"TCP  0A%06X:0050 rr  \n  -> AC1E0101:1F90      Masq    0      0          0         \n"
        % number for number in range(40_000)),
    "nothing but zeros": bytes(BIG),
    "arabic digits": TITLE.encode() + "TCP  ٠AFE0001:0050 rr  \n".encode() * 1000,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", LARGE)
def test_megabytes(name: str, node: FakeNode) -> None:
    survives(LARGE[name], node)


@pytest.mark.parametrize(("line", "says"), [
    ("TCP  0AFE0001:0050 rr  \n  -> AC1E0101:1F90      Masq    99999999999 0 0\n",
     "cannot be read"),
    ("TCP  0AFE0001:0050 rr  \n  -> AC1E0101:1F90\n", "cannot be read"),
    ("TCP  0AFE0001:0050 rr  \nDCCP 0AFE0002:0050 rr  \n", "lines"),
])
def test_what_cannot_be_read_is_not_left_out(line: str, says: str) -> None:
    with pytest.raises(CannotTell, match=says):
        Table((TITLE + line).encode()).unusual()


def test_an_address_that_is_none_is_told() -> None:
    table = Table((TITLE + "TCP  0AFE000G:0050 rr  \n").encode())
    with pytest.raises(CannotTell, match="no number in base 16"):
        table.addresses()


def test_two_families_with_the_same_mark_have_each_its_own_real_servers() -> None:
    head, rest = "FWM  00000001 rr \n", "      Route   1      0          0\n"
    six = "[fd00:0000:0000:0000:0000:0000:0000:0001]:0000"
    table = Table(f"{TITLE}{head}  -> AC1E0101:0000{rest}{head}  -> {six}{rest}".encode())
    assert [[real.name for real in table.real_servers(one)] for one in table.by_mark()] == [
        ["172.30.1.1:0"], ["[fd00::1]:0"]]
