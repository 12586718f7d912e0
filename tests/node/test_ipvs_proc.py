"""The parser beside a naive one, on the field's tables and on generated ones."""

from __future__ import annotations

import ipaddress
import re
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegen.node.ipvs_proc import Table, hexadecimal, readable
from tests.node import cases
from tests.node.fake import TITLE

Real = tuple[str, str, int]
Virtual = tuple[str, str, str, list[Real]]
METHODS = ("Masq", "Local", "Tunnel", "Route", "Bypass")


def naive(text: str) -> list[Virtual]:
    """One line after the other, as plainly as can be."""
    found: list[Virtual] = []
    for line in text.splitlines():
        words = line.split()
        if line.startswith(("TCP ", "UDP ", "SCTP ", "FWM ")):
            found.append((words[0], plainly(words[1]), words[2], []))
        elif line.startswith("  -> ") and words[1] != "RemoteAddress:Port":
            found[-1][3].append((plainly(words[1]), words[2], int(words[3])))
    return found


def plainly(key: str) -> str:
    if ":" not in key:
        return str(int(key, 16))
    address, _, port = key.rpartition(":")
    digits = re.sub(r"[\[\]:]", "", address)
    if len(digits) == 8:
        return f"{ipaddress.IPv4Address(int(digits, 16))}:{int(port, 16)}"
    # as ipvsadm spells it: the C library's spelling and ipaddress's differ in ::0.1.0.0
    return f"[{socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))}]:{int(port, 16)}"


def read(table: Table) -> list[Virtual]:
    return [
        (service.protocol.decode(), service.name.split(" ")[1], service.scheduler.decode(),
         [(server.name, server.method, server.weight) for server in table.real_servers(service)])
        for service in table.services()
    ]


def agrees(text: str) -> None:
    table, wanted = Table(text.encode()), naive(text)
    assert read(table) == wanted
    reals = [(v[:2], real) for v in wanted for real in v[3]]
    assert (table.count, table.real_count) == (len(wanted), len(reals))
    for method in METHODS:
        assert [((s.protocol.decode(), s.name.split(" ")[1]), (r.name, r.method, r.weight))
                for s, r in table.unusual(method)] == [
            pair for pair in reals if pair[1][1:] != (method, 1)]
    # once more, now that the places are known
    assert read(table) == wanted
    assert [s.name for s in table.without_real_servers()] == [
        f"{v[0]} {v[1]}" for v in wanted if not v[3]]
    assert table.schedulers() == {v[2] for v in wanted}
    assert [s.name for s in table.with_scheduler_other_than("rr")] == [
        f"{v[0]} {v[1]}" for v in wanted if v[2] != "rr" and v[0] != "FWM"]
    assert table.addresses() == {
        ipaddress.ip_address(v[1].rpartition(":")[0].strip("[]")).packed
        for v in wanted if v[0] != "FWM"}
    for virtual in wanted:
        if virtual[0] != "FWM":
            address, _, port = virtual[1].rpartition(":")
            found = table.get(virtual[0], hexadecimal(address.strip("[]"), int(port)))
            assert found is not None
            assert found.name == f"{virtual[0]} {virtual[1]}"


@pytest.mark.parametrize("text", [cases.WEIGHT_ZERO, cases.LOOPBACK, cases.MARKS, cases.KEEPALIVED,
                                  cases.PROBE_ENTRY, ""])
def test_the_fields_tables(text: str) -> None:
    agrees(TITLE + text)
    agrees(text)


ports = st.integers(0, 65535)
ipv4 = st.integers(0, 2**32 - 1).map(lambda n: f"{n:08X}")
ipv6 = st.integers(0, 2**128 - 1).map(
    lambda n: "[" + ":".join(f"{n:032x}"[i : i + 4] for i in range(0, 32, 4)) + "]")
weights = st.one_of(st.sampled_from([0, 1]), st.integers(-1, 2**31 - 1))
schedulers = st.sampled_from(["rr", "wrr", "sh", "mh", "lblcr"])
counts = st.integers(0, 2**31 - 1)


@st.composite
def real_line(draw: st.DrawFn, address: st.SearchStrategy[str]) -> str:
    method = draw(st.sampled_from(["Masq", *METHODS]))
    return (f"  -> {draw(address)}:{draw(ports):04X}      {method:<7} {draw(weights):<6} "
            f"{draw(counts):<10} {draw(counts):<10}\n")


@st.composite
def virtual_lines(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["4", "6", "mark"]))
    scheduler, address = draw(schedulers), ipv6 if kind == "6" else ipv4
    ending = draw(st.sampled_from(["\n", "persistent 450000 FFFFFFFF\n"]))
    protocol = draw(st.sampled_from(["TCP", "UDP", "SCTP"]))
    if kind == "mark":
        head = f"FWM  {draw(st.integers(1, 2**32 - 1)):08X} {scheduler} {ending}"
    elif kind == "6":
        head = f"{protocol}  {draw(ipv6)}:{draw(ports):04X} {scheduler} {ending}"
    else:
        ops = draw(st.sampled_from(["", "ops "]))
        head = f"{protocol}  {draw(ipv4)}:{draw(ports):04X} {scheduler} {ops} {ending}"
    return head + "".join(draw(st.lists(real_line(address), max_size=4)))


@settings(deadline=None)
@given(st.lists(virtual_lines(), max_size=8, unique_by=lambda lines: tuple(lines.split()[:2])))
def test_generated_tables(services: list[str]) -> None:
    agrees(TITLE + "".join(services))


def test_shown_is_what_ipvsadm_shows() -> None:
    assert Table((TITLE + cases.MARKS).encode()).shown() == [
        "TCP 10.96.76.40:80 rr",
        "  -> 10.244.2.11:80 Masq 1 0 0",
        "  -> 10.244.3.9:80 Masq 1 0 0",
        "FWM 1481 rr",
        "  -> 10.244.2.11:80 Tunnel 1 0 0",
        "  -> 10.244.3.9:80 Tunnel 1 0 0",
        "FWM 3 wrr",
        "  -> 192.0.2.14:0 Local 1 0 0",
        "  -> 192.0.2.15:0 Route 1 0 0",
        "FWM 5 wlc",
        "  -> 10.244.9.12:0 Masq 1 0 0",
    ]


def test_shown_stops_in_time() -> None:
    text = TITLE + "".join(f"TCP  0A{n:06X}:0050 rr  \n" for n in range(2000))
    shown = Table(text.encode()).shown()
    assert len(shown) == 500
    assert shown[-1] == "TCP 10.0.1.243:80 rr"


def test_h04_the_persistence_is_in_ticks_and_says_so() -> None:
    shown = Table((TITLE + cases.KEEPALIVED).encode()).shown()
    assert "TCP 192.0.2.166:41808 wlc persistent 450000 ticks FFFFFFFF" in shown


@pytest.mark.parametrize(("key", "name"), [
    (b"0A602C07:0050", "10.96.44.7:80"), (b"0AF4020E:2382", "10.244.2.14:9090"),
    (b"000005C9", "1481"), (b"[0000:0000:0000:0000:0000:0000:0000:0001]:79E1", "[::1]:31201"),
    (b"rubbish:x", "rubbish:x"), (b"\xff", "\ufffd"),
])
def test_readable(key: bytes, name: str) -> None:
    assert readable(key) == name


@pytest.mark.parametrize(("address", "port", "key"), [
    ("10.254.0.1", 443, b"0AFE0001:01BB"),
    ("fd00:10:96::44", 80, b"[fd00:0010:0096:0000:0000:0000:0000:0044]:0050"),
])
def test_hexadecimal(address: str, port: int, key: bytes) -> None:
    assert hexadecimal(address, port) == key


def test_a_name_that_is_no_address_is_refused() -> None:
    with pytest.raises(OSError, match="illegal IP address"):
        hexadecimal("kubernetes.default", 443)
