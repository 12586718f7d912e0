"""kube-proxy's ipsets: their types, their entries, and what the kernel's answers mean."""

from __future__ import annotations

import errno
import ipaddress
import struct
from contextlib import suppress

import pytest

from imagegen.node import ipset
from imagegen.node.generic import HEADER, attribute, attributes
from imagegen.node.ipset import Set
from imagegen.node.model import Outcome
from imagegen.node.netfilter import FIRST
from tests.node import cases
from tests.node.busy import Busy
from tests.node.fake import FakeNode

SIX = {"family": "IPv6", "sets": ["KUBE-6-CLUSTER-IP hash:ip,port",
                                  "KUBE-6-NODE-PORT-TCP bitmap:port"]}
PORTS = Set("bitmap:port", "none")
ENTRIES = {"name": "KUBE-CLUSTER-IP", "family": "IPv4", "ranges": ["10.96.0.0/12"]}


def test_they_are_there(fake: FakeNode) -> None:
    fake.host.heads = {"KUBE-6-CLUSTER-IP": Set("hash:ip,port", "IPv6"),
                       "KUBE-6-NODE-PORT-TCP": PORTS, "other": PORTS}
    assert fake.judge("ipset", SIX).result == "ok"


def test_one_is_not_there_yet(fake: FakeNode) -> None:
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4"),
                       "KUBE-6-NODE-PORT-TCP": PORTS}
    outcome = fake.judge("ipset", SIX)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw == "there is no ipset KUBE-6-CLUSTER-IP"


@pytest.mark.parametrize(("wrong", "said"), [
    (Set("hash:ip,port", "IPv4"), "KUBE-6-CLUSTER-IP is hash:ip,port of IPv4"),
    (Set("hash:ip", "IPv6"), "KUBE-6-CLUSTER-IP is hash:ip of IPv6"),
])
def test_one_is_another(fake: FakeNode, wrong: Set, said: str) -> None:
    fake.host.heads = {"KUBE-6-CLUSTER-IP": wrong, "KUBE-6-NODE-PORT-TCP": PORTS}
    outcome = fake.judge("ipset", SIX)
    assert (outcome.result, outcome.saw) == ("red", said)


def entry(address: str, port: int, protocol: int = 6) -> tuple[bytes, bytes, int]:
    return ipaddress.ip_address(address).packed, struct.pack("!H", port), protocol


SERVED = {entry("10.96.0.1", 443), entry("10.96.44.7", 80)}


def judged(fake: FakeNode, held: set[tuple[bytes, bytes, int]], **more: object) -> Outcome:
    fake.table("TCP  0A600001:01BB rr\nTCP  0A602C07:0050 rr\nTCP  C0A80191:6CC1 rr\n")
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4")}
    fake.host.held = {"KUBE-CLUSTER-IP": held}
    return fake.judge("ipset_entries", {**ENTRIES, **more})


def test_the_entries_are_the_services(fake: FakeNode) -> None:
    outcome = judged(fake, SERVED)
    assert (outcome.result, outcome.saw) == ("ok", "2 entries")


@pytest.mark.parametrize(("held", "said"), [
    (set(), "0 entries in KUBE-CLUSTER-IP, 2 virtual servers of service addresses: "
         "KUBE-CLUSTER-IP lacks "
         "10.96.0.1,tcp:443, 10.96.44.7,tcp:80"),
    (SERVED | {entry("10.96.0.9", 53, 17), entry("10.96.0.9", 53, 99)},
     "KUBE-CLUSTER-IP holds 10.96.0.9,99:53, 10.96.0.9,udp:53"),
    # as many of them, and not the same
    ({entry("10.96.0.1", 443), entry("10.96.44.7", 81)},
     "2 entries in KUBE-CLUSTER-IP, 2 virtual servers of service addresses: KUBE-CLUSTER-IP lacks "
     "10.96.44.7,tcp:80 and holds 10.96.44.7,tcp:81"),
    ({entry("10.96.0.1", 443, 132), entry("10.96.44.7", 80)},
     "lacks 10.96.0.1,tcp:443 and holds 10.96.0.1,sctp:443"),
    (SERVED | {(b"", b"", 0)}, "KUBE-CLUSTER-IP holds any port"),
])
def test_other_entries_than_services(
    fake: FakeNode, held: set[tuple[bytes, bytes, int]], said: str
) -> None:
    outcome = judged(fake, held)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw.endswith(said)


@pytest.mark.parametrize("one_for_both", [False, True])
def test_a_set_that_is_written_at_the_end_of_a_sync_is_no_fault(
    fake: FakeNode, one_for_both: bool
) -> None:
    """kube-proxy has a new service in its table all through a sync before it is in the set.

    Up to 1.32 it counts the syncs of both families as one.
    """
    busy = Busy(fake, one_for_both)
    busy.done = lambda: (fake.host.held.update({"KUBE-CLUSTER-IP": SERVED})
                         if busy.rounds == 2 else None)
    outcome = judged(fake, {entry("10.96.0.1", 443)})
    assert (outcome.result, outcome.saw) == ("ok", "2 entries")
    assert 20 <= fake.host.clock < 30


def test_another_difference_at_each_look_is_no_fault(fake: FakeNode) -> None:
    """Services come and go all the time."""
    busy, coming = Busy(fake), (entry("10.96.9.9", port) for port in range(1, 99))

    def tick() -> None:
        busy.tell()
        fake.host.held = {"KUBE-CLUSTER-IP": SERVED | {next(coming)}}

    fake.host.on_sleep = tick
    assert judged(fake, SERVED | {next(coming)}).result == "ok"


@pytest.mark.parametrize("at_work", [False, True])
def test_what_stays_different_is_a_fault(fake: FakeNode, at_work: bool) -> None:
    """Nothing else is told: what came and went meanwhile is none."""
    if at_work:
        Busy(fake)
    tell = fake.host.on_sleep

    def tick() -> None:
        tell()
        fake.host.held = {"KUBE-CLUSTER-IP": {entry("10.96.0.1", 443), entry("10.96.9.9", 9)}}

    fake.host.on_sleep = tick
    outcome = judged(fake, {entry("10.96.0.1", 443)})
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw == ("2 entries in KUBE-CLUSTER-IP, 2 virtual servers of service addresses: "
                           "KUBE-CLUSTER-IP lacks 10.96.44.7,tcp:80")
    assert fake.host.clock == 7 if not at_work else 20 <= fake.host.clock < 30


def test_no_set_of_ipv6(fake: FakeNode) -> None:
    six = {"name": "KUBE-6-CLUSTER-IP", "family": "IPv6", "ranges": ["fd00:10:96::/112"]}
    fake.table(cases.LOOPBACK)
    assert fake.judge("ipset_entries", six).saw == "there is no ipset KUBE-6-CLUSTER-IP"


def test_entries_of_ipv6(fake: FakeNode) -> None:
    six = {"name": "KUBE-6-CLUSTER-IP", "family": "IPv6", "ranges": ["fd00:10:96::/112"]}
    fake.table("UDP  [fd00:0010:0096:0000:0000:0000:0000:000a]:0035 rr\n")
    fake.host.heads = {"KUBE-6-CLUSTER-IP": Set("hash:ip,port", "IPv6")}
    fake.host.held = {"KUBE-6-CLUSTER-IP": {entry("fd00:10:96::a", 53, 17)}}
    assert fake.judge("ipset_entries", six).result == "ok"
    fake.host.held = {"KUBE-6-CLUSTER-IP": set()}
    assert fake.judge("ipset_entries", six).saw.endswith("KUBE-6-CLUSTER-IP lacks "
                                                         "fd00:10:96::a,udp:53")


def test_a_mark_that_looks_like_an_address_is_no_service(fake: FakeNode) -> None:
    fake.table("TCP  0A600001:01BB rr\nFWM  0A600001 rr\n")
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4")}
    fake.host.held = {"KUBE-CLUSTER-IP": {entry("10.96.0.1", 443)}}
    assert fake.judge("ipset_entries", ENTRIES).result == "ok"


def test_an_address_of_no_length_is_unknown(fake: FakeNode) -> None:
    fake.table("TCP  0A6000:01BB rr\n")
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4")}
    outcome = fake.judge("ipset_entries", ENTRIES)
    assert (outcome.result, outcome.saw) == (
        "unknown", "/proc/net/ip_vs has an address and port of another length")


def test_what_is_excluded_is_not_in_the_set(fake: FakeNode) -> None:
    held = {entry("10.96.0.1", 443)}
    assert judged(fake, held).result == "red"
    assert judged(fake, held, excluded=["10.96.44.7/32"]).result == "ok"


def element(address: bytes, port: int, protocol: int, more: bytes = b"") -> bytes:
    """As hash_ipport4_data_list and hash_ipport6_data_list write it (ip_set_hash_ipport.c)."""
    kind = 1 if len(address) == 4 else 2
    return attribute(7 | 0x8000, attribute(1 | 0x8000, attribute(kind | 0x4000, address))
                     + attribute(4 | 0x4000, struct.pack("!H", port))
                     + attribute(7, bytes([protocol])) + more)


COMMENT = attribute(26, b"somebody wrote this")
FOUR, SIX_BYTES = bytes([10, 254, 0, 1]), ipaddress.ip_address("fd00::1").packed


@pytest.mark.parametrize("address", [FOUR, SIX_BYTES])
@pytest.mark.parametrize("odd", [b"", COMMENT])
def test_entries_are_read(address: bytes, odd: bytes) -> None:
    """All alike, and with one that has more in it."""
    body = b"".join(element(address, port, 17, odd if port == 2 else b"") for port in range(5))
    listed = FIRST.pack(2, 0, 0) + attribute(2, b"X\0") + attribute(8 | 0x8000, body)
    assert ipset.entries(listed) == {(address, struct.pack("!H", port), 17) for port in range(5)}


def test_entries_of_another_layout_are_not_misread() -> None:
    """As long as the usual ones, but port and protocol have changed places."""
    other = attribute(7 | 0x8000, attribute(1 | 0x8000, attribute(1 | 0x4000, FOUR))
                      + attribute(7, b"\x06") + attribute(4 | 0x4000, b"\x01\xbb"))
    usual = element(FOUR, 80, 6)
    assert len(other) == len(usual)
    for body in (other, usual + other, other + usual):
        assert (FOUR, b"\x01\xbb", 6) in set(ipset.elements(body))


@pytest.mark.parametrize("body", [b"\1", bytes(4), bytes(8), b"\x20\0\x07\x80" + bytes(28)])
def test_spoilt_entries_are_told_or_empty(body: bytes) -> None:
    with suppress(OSError, struct.error):
        assert set(ipset.elements(body)) <= {(b"", b"", 0)}


def message(kind: int, body: bytes) -> bytes:
    size = HEADER.size + len(body)
    return HEADER.pack(size, kind, 0, 1, 0) + body + bytes(-size % 4)


@pytest.mark.parametrize(("number", "family"), [(2, "IPv4"), (10, "IPv6"), (0, "none")])
def test_a_head_is_read(number: int, family: str) -> None:
    data = attribute(18, bytes(4)) + attribute(24 | 0x4000, struct.pack("!I", 7))
    head = FIRST.pack(2, 0, 0) + attribute(1, b"\x06") + attribute(2, b"KUBE-6-CLUSTER-IP\0")
    head += attribute(3, b"hash:ip,port\0") + attribute(5, bytes([number]))
    name, one = ipset.head(head + attribute(7 | 0x8000, data))
    assert (name, one.type, one.family) == ("KUBE-6-CLUSTER-IP", "hash:ip,port", family)


@pytest.mark.parametrize("body", [b"", bytes(4), attribute(5, b""), attribute(7, b"\x01")])
def test_a_head_without_its_parts_is_no_crash(body: bytes) -> None:
    name, one = ipset.head(FIRST.pack(2, 0, 0) + body)
    assert (name, one.type, one.family) == ("", "", "none")


@pytest.mark.parametrize(("code", "said"), [(0, True), (-4103, False), (-errno.ENOENT, False)])
def test_a_test_of_an_entry(code: int, said: bool) -> None:
    assert ipset.answer(message(2, struct.pack("=i", code))) is said


def test_no_leave_is_no_answer() -> None:
    with pytest.raises(OSError, match="not permitted"):
        ipset.answer(message(2, struct.pack("=i", -errno.EPERM)))


@pytest.mark.parametrize("address", ["192.0.2.166", "2001:db8::166"])
def test_a_request_holds_the_entry_in_the_networks_order(address: str) -> None:
    packed = ipaddress.ip_address(address).packed
    asked = ipset.sought("KUBE-EXTERNAL-IP", "UDP", packed, 0x1F90)
    assert b"KUBE-EXTERNAL-IP\0" in asked and packed in asked
    assert b"\x1f\x90" in asked and b"\x11" in asked
    assert len(asked) % 4 == 0


def test_a_set_of_ports_is_asked_for_a_port_and_no_more() -> None:
    """Its type has no other attribute, and the kernel takes none (IPSET_ERR_PROTOCOL)."""
    asked = ipset.sought("KUBE-NODE-PORT-TCP", "TCP", b"", 0x1F90)
    assert attributes(attributes(asked)[7]) == {4: b"\x1f\x90"}


# every set beside that of the cluster's addresses: an external address, a load balancer's with two
# source ranges, a node port of each protocol on the node's own address
ALL = """\
TCP  0A600001:01BB rr
TCP  CB007107:0050 rr
TCP  CB007108:0050 rr
TCP  C0A80191:7531 rr
UDP  C0A80191:7532 rr
SCTP C0A80191:7533 rr
"""
TYPES = {"CLUSTER-IP": "hash:ip,port", "EXTERNAL-IP": "hash:ip,port",
         "EXTERNAL-IP-LOCAL": "hash:ip,port", "LOAD-BALANCER": "hash:ip,port",
         "LOAD-BALANCER-FW": "hash:ip,port", "LOAD-BALANCER-LOCAL": "hash:ip,port",
         "LOAD-BALANCER-SOURCE-IP": "hash:ip,port,ip",
         "LOAD-BALANCER-SOURCE-CIDR": "hash:ip,port,net", "NODE-PORT-TCP": "bitmap:port",
         "NODE-PORT-LOCAL-TCP": "bitmap:port", "NODE-PORT-UDP": "bitmap:port",
         "NODE-PORT-LOCAL-UDP": "bitmap:port", "NODE-PORT-SCTP-HASH": "hash:ip,port",
         "NODE-PORT-LOCAL-SCTP-HASH": "hash:ip,port", "HEALTH-CHECK-NODE-PORT": "bitmap:port",
         "IPVS-IPS": "hash:ip", "LOOP-BACK": "hash:ip,port,ip"}


def port(number: int) -> tuple[bytes, bytes, int]:
    return b"", struct.pack("!H", number), 0


def bound(text: str) -> tuple[bytes, bytes, int]:
    return ipaddress.ip_address(text).packed, b"", 0


@pytest.fixture
def full(fake: FakeNode) -> FakeNode:
    fake.table(ALL)
    fake.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    fake.host.local = [(7, 2, ipaddress.ip_address(one).packed, 32)
                       for one in ("10.96.0.1", "203.0.113.7", "203.0.113.8")]
    fake.host.local += [(2, 2, ipaddress.ip_address("192.168.1.145").packed, 24),
                        (1, 2, ipaddress.ip_address("127.0.0.1").packed, 8)]
    fake.host.heads = {f"KUBE-{name}": Set(kind, "IPv4") for name, kind in TYPES.items()}
    fake.host.held = {f"KUBE-{name}": set() for name in TYPES}
    balanced, sctp = {entry("203.0.113.8", 80)}, {entry("192.168.1.145", 30003, 132)}
    fake.host.held |= {
        "KUBE-CLUSTER-IP": {entry("10.96.0.1", 443)},
        "KUBE-EXTERNAL-IP": {entry("203.0.113.7", 80)},
        **{f"KUBE-LOAD-BALANCER{end}": set(balanced)
           for end in ("", "-FW", "-LOCAL", "-SOURCE-CIDR")},
        "KUBE-NODE-PORT-TCP": {port(30001)}, "KUBE-NODE-PORT-LOCAL-TCP": {port(30001)},
        "KUBE-NODE-PORT-UDP": {port(30002)}, "KUBE-NODE-PORT-SCTP-HASH": sctp,
        "KUBE-HEALTH-CHECK-NODE-PORT": {port(31999)},
        "KUBE-IPVS-IPS": {bound("10.96.0.1"), bound("203.0.113.7"), bound("203.0.113.8")}}
    return fake


def test_all_sets_agree(full: FakeNode) -> None:
    outcome = full.judge("ipset_entries", ENTRIES)
    assert (outcome.result, outcome.saw) == ("ok", "1 entry")


@pytest.mark.parametrize(("flushed", "lacks"), [
    ("CLUSTER-IP", "10.96.0.1,tcp:443"), ("EXTERNAL-IP", "203.0.113.7,tcp:80"),
    ("LOAD-BALANCER", "203.0.113.8,tcp:80"), ("LOAD-BALANCER-FW", "203.0.113.8,tcp:80"),
    ("LOAD-BALANCER-SOURCE-CIDR", "203.0.113.8,tcp:80"), ("NODE-PORT-TCP", "30001"),
    ("NODE-PORT-UDP", "30002"), ("NODE-PORT-SCTP-HASH", "192.168.1.145,sctp:30003"),
    ("HEALTH-CHECK-NODE-PORT", "any port"), ("IPVS-IPS", "10.96.0.1, 203.0.113.7, 203.0.113.8")])
def test_r23_a_set_is_flushed(full: FakeNode, flushed: str, lacks: str) -> None:
    full.host.held[f"KUBE-{flushed}"] = set()
    outcome = full.judge("ipset_entries", ENTRIES)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert f"KUBE-{flushed} lacks {lacks}" in outcome.saw


@pytest.mark.parametrize(("name", "more", "said"), [
    ("CLUSTER-IP", entry("10.96.0.9", 80), "10.96.0.9,tcp:80"),
    ("EXTERNAL-IP", entry("203.0.113.99", 80), "203.0.113.99,tcp:80"),
    ("EXTERNAL-IP-LOCAL", entry("203.0.113.99", 80), "203.0.113.99,tcp:80"),
    ("LOAD-BALANCER", entry("203.0.113.99", 80), "203.0.113.99,tcp:80"),
    ("NODE-PORT-TCP", port(30099), "30099"), ("NODE-PORT-UDP", port(30099), "30099"),
    ("IPVS-IPS", bound("203.0.113.99"), "203.0.113.99")])
def test_r23_a_set_holds_what_is_gone(full: FakeNode, name: str, more: tuple[bytes, bytes, int],
                                      said: str) -> None:
    full.host.held[f"KUBE-{name}"].add(more)
    outcome = full.judge("ipset_entries", ENTRIES)
    assert outcome.result == "red"
    assert f"KUBE-{name} holds {said}" in outcome.saw


def test_r23_the_edges_of_the_node_ports(full: FakeNode) -> None:
    """Both ends are node ports, and what lies beside them is not."""
    own = "192.168.1.145"
    for number, red in ((29999, False), (30000, True), (32767, True), (32768, False)):
        full.table(f"{ALL}TCP  {ipaddress.ip_address(own).packed.hex().upper()}:{number:04X} rr\n")
        outcome = full.judge("ipset_entries", {**ENTRIES, "nodePorts": "30000-32767"})
        assert outcome.result == ("red" if red else "ok"), number


def test_r23_what_is_no_fault(full: FakeNode) -> None:
    """A set of an older kube-proxy's that is not there; loopback, the probe, what is excluded."""
    for name in ("KUBE-IPVS-IPS", "KUBE-HEALTH-CHECK-NODE-PORT"):
        del full.host.heads[name]
    full.table(f"{ALL}TCP  7F000001:7531 rr\nTCP  C6336400:4E20 rr\nFWM  00000001 rr\n")
    assert full.judge("ipset_entries", ENTRIES).result == "ok"
    full.host.held["KUBE-EXTERNAL-IP"] = set()
    assert full.judge("ipset_entries", {**ENTRIES, "excluded": ["203.0.113.7/32"]}).result == "ok"


def test_r23_names_of_ipv6_are_cut_as_the_kernel_cuts_them() -> None:
    from imagegen.knowledge.families import Family
    from imagegen.knowledge.kube_ipvs import kube_sets
    from imagegen.knowledge.kubernetes import Version
    from imagegen.node.set_entries import name_of

    for one in kube_sets(Version(1, 34)):
        assert name_of(one.name[5:], "IPv6") == one.of(Family.IPV6)
