"""Random IPVS tables as `ipvsadm --restore` takes them, of all that a kernel can hold.

What the kernel would refuse is not made (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_add_service and
ip_vs_add_dest): a port 0 without persistence, one packet without UDP, a real server of the other
family that is not tunnelled.
"""

from __future__ import annotations

import ipaddress

from hypothesis import strategies as st

PROTOCOLS = {"-t": "TCP", "-u": "UDP", "--sctp-service": "SCTP"}
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf",
              "mh")
SCHEDULER_FLAGS = {"sh": ("sh-fallback", "sh-port"), "mh": ("mh-fallback", "mh-port")}
METHODS = ("-m", "-g", "-i")
LARGEST = 2**31 - 1
Words = tuple[str, ...]

FOUR = st.one_of(
    st.integers(0x0A000001, 0x0AFFFFFE), st.integers(0xAC100001, 0xAC1FFFFE),
    st.sampled_from([0x01010101, 0x7F000001, 0xC0A80101, 0xC6336400, 0xDFFFFFFE]),
).map(lambda number: str(ipaddress.IPv4Address(number)))
SIX = st.one_of(
    st.integers(0xFD << 120, (0xFE << 120) - 1), st.integers(0x2001 << 112, (0x2002 << 112) - 1),
    st.sampled_from([1, 0xFD << 120, (0xFD << 120) + 0xFFFF, 0x20010DB8 << 96]),
).map(lambda number: f"[{ipaddress.IPv6Address(number)}]")
PORTS = st.one_of(st.sampled_from([1, 9, 10, 80, 443, 20000, 65535]), st.integers(1, 65535))
MARKS = st.one_of(st.sampled_from([1, 255, 2**31 - 1, 2**32 - 1]), st.integers(1, 2**32 - 1))


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A table of up to eight virtual servers with up to five real servers each."""
    heads = draw(st.lists(virtual_servers(), max_size=8, unique_by=lambda head: head[0]))
    lines = []
    for name, six, more in heads:
        lines.append(" ".join(("-A", *name, *more)))
        for server in draw(st.lists(real_servers(six, name), max_size=5,
                                    unique_by=lambda words: words[0])):
            lines.append(" ".join(("-a", *name, "-r", *server)))
    return "".join(f"{line}\n" for line in lines)


@st.composite
def virtual_servers(draw: st.DrawFn) -> tuple[Words, bool, Words]:
    """Its name's words, whether it is of IPv6, and the words of everything else."""
    six, persistent = draw(st.booleans()), draw(st.booleans())
    name = draw(_marks(six) if draw(st.integers(0, 4)) == 0 else _places(six, persistent))
    scheduler = draw(st.sampled_from(SCHEDULERS))
    more = ["-s", scheduler]
    if persistent:
        more += ["-p", str(draw(st.integers(1, 86400)))]
        if draw(st.booleans()):
            more += ["-M", draw(_masks(six))]
    if name[0] == "-u" and draw(st.booleans()):
        more += ["-o"]
    flags = draw(st.sets(st.sampled_from(SCHEDULER_FLAGS.get(scheduler, ("flag-3",)))))
    return name, six, (*more, *(("-b", ",".join(sorted(flags))) if flags else ()))


def _marks(six: bool) -> st.SearchStrategy[Words]:
    return MARKS.map(lambda mark: ("-f", str(mark), *(("-6",) if six else ())))


def _places(six: bool, persistent: bool) -> st.SearchStrategy[Words]:
    ports = st.one_of(st.just(0), PORTS) if persistent else PORTS
    return st.tuples(st.sampled_from(sorted(PROTOCOLS)), SIX if six else FOUR, ports).map(
        lambda made: (made[0], f"{made[1]}:{made[2]}"))


def _masks(six: bool) -> st.SearchStrategy[str]:
    """A prefix length of IPv6, a mask of IPv4."""
    if six:
        return st.integers(1, 128).map(str)
    return st.integers(1, 32).map(
        lambda bits: str(ipaddress.IPv4Network(f"0.0.0.0/{bits}").netmask))


@st.composite
def real_servers(draw: st.DrawFn, six: bool, name: Words) -> Words:
    """Its place first; of the other family now and then, where a tunnel leads there."""
    method, by_mark = draw(st.sampled_from(METHODS)), name[0] == "-f"
    # by a mark a kernel takes the family of the real servers from the virtual server, too
    other = method == "-i" and not by_mark and draw(st.integers(0, 5)) == 0
    address = draw(SIX if six != other else FOUR)
    # what is not masqueraded keeps the port: ipvsadm puts the virtual server's own there
    kept = method != "-m" and not by_mark
    port = name[1].rpartition(":")[2] if kept else draw(PORTS)
    words = [f"{address}:{port}", method, "-w", str(draw(_weights()))]
    if draw(st.integers(0, 5)) == 0:
        upper = draw(st.integers(2, 10**6))
        words += ["-x", str(upper), "-y", str(draw(st.integers(1, upper)))]
    return tuple(words)


def _weights() -> st.SearchStrategy[int]:
    return st.one_of(st.just(1), st.just(0), st.integers(0, 65535), st.just(LARGEST))
