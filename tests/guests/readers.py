"""Three readers of one IPVS table, side by side; it runs in the guest, in a network of its own.

The arguments are the check's archive and the kernel's ticks a second; standard input: a JSON list
of tables as `ipvsadm --restore` takes them. Standard output: for each table what each reader saw,
a sorted list of virtual servers in the words that all readers share. ipvsadm is the judge: it is
nobody's code here.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
HERTZ = int(sys.argv[2])
from ipvs_check import netlink  # type: ignore[import-not-found] # noqa: E402
from ipvs_check.ipvs_proc import Table  # noqa: E402

PERSISTENT, ONE_PACKET, SCHEDULER_FLAGS = 1, 4, 0x38
METHOD = {"-m": "Masq", "-g": "Route", "-i": "Tunnel"}
FLAGS = {"flag-1": 8, "flag-2": 16, "flag-3": 32, "sh-fallback": 8, "sh-port": 16,
         "mh-fallback": 8, "mh-port": 16}
ALL = "255.255.255.255"


def main() -> None:
    """Every table in turn, from an empty one."""
    library = netlink.load()
    with netlink.opened(library) as ipvs:
        answers = [seen(library, ipvs, text) for text in json.load(sys.stdin)]
    json.dump(answers, sys.stdout)


def seen(library: Any, ipvs: Any, text: str) -> dict[str, Any]:
    """What the readers say of one table."""
    subprocess.run(["ipvsadm", "-C"], check=True)
    done = subprocess.run(["ipvsadm", "-R"], input=text, text=True, capture_output=True)
    if done.returncode or done.stderr:
        return {"refused": done.stderr or str(done.returncode)}
    return {"ipvsadm": by_ipvsadm(), "netlink": by_netlink(netlink.listed(library, ipvs)),
            "proc": by_proc(Path("/proc/net/ip_vs").read_bytes())}


def by_proc(text: bytes) -> list[Any]:
    """The parser's view. IPv6 has its flag of one packet nowhere, and no mark its family."""
    table = Table(text)
    rows = [[one.name, one.scheduler.decode(), *proc_flags(one.flags.split()),
             sorted([real.name, real.method, real.weight] for real in table.real_servers(one))]
            for one in table.services()]
    assert (len(rows), sum(len(row[-1]) for row in rows)) == (table.count, table.real_count)
    return sorted(rows)


def proc_flags(words: list[bytes]) -> list[Any]:
    """Whether one packet, the persistence in seconds, and its mask as the number that it is."""
    if b"persistent" not in words:
        return [b"ops" in words, 0, None]
    ticks, mask = words[words.index(b"persistent") + 1:]
    return [b"ops" in words, int(ticks) / HERTZ, int(mask, 16)]


def by_netlink(found: list[Any]) -> list[Any]:
    """Netlink's view: everything."""
    return sorted([one.name, one.scheduler, one.flags & (PERSISTENT | ONE_PACKET | SCHEDULER_FLAGS),
                   one.timeout if one.flags & PERSISTENT else 0, one.family,
                   int.from_bytes(one.mask, "big" if one.family == "IPv4" else sys.byteorder),
                   sorted(map(list, one.servers))] for one in found)


def by_ipvsadm() -> list[Any]:
    """`ipvsadm -Sn` as netlink has it; of a mark it says the family by -6."""
    text = subprocess.run(["ipvsadm", "-Sn"], check=True, capture_output=True, text=True).stdout
    rows: dict[str, list[Any]] = {}
    for line in text.splitlines():
        words = line.split()
        place = " ".join(words[1:4] if words[3:4] == ["-6"] else words[1:3])
        if words[0] == "-A":
            rows[place] = virtual(words)
        else:
            rows[place][-1].append([after(words, "-r"), method(words), int(after(words, "-w"))])
    return sorted([*row[:-1], sorted(row[-1])] for row in rows.values())


def virtual(words: list[str]) -> list[Any]:
    """One line `-A`."""
    kind, place = words[1:3]
    six = "-6" in words if kind == "-f" else place.startswith("[")
    # ipvsadm prints a mark as a signed number
    name = f"FWM {int(place) % 2**32}" if kind == "-f" else f"{PROTOCOL[kind]} {place}"
    flags = sum(FLAGS[flag] for flag in after(words, "-b", "").split(",") if flag)
    timeout = int(after(words, "-p", "0"))
    flags |= (PERSISTENT if timeout else 0) | (ONE_PACKET if "-o" in words else 0)
    return [name, after(words, "-s"), flags, timeout, "IPv6" if six else "IPv4",
            mask(after(words, "-M", ""), six), []]


PROTOCOL = {"-t": "TCP", "-u": "UDP", "--sctp-service": "SCTP"}


def mask(said: str, six: bool) -> int:
    """Of IPv6 the length of the prefix, of IPv4 the mask as a number; unsaid is all of it."""
    if six:
        return int(said or 128)
    return int.from_bytes(bytes(map(int, (said or ALL).split("."))), "big")


def method(words: list[str]) -> str:
    """How a real server is reached."""
    return next(name for option, name in METHOD.items() if option in words)


def after(words: list[str], option: str, unsaid: str = "?") -> str:
    """The word behind an option."""
    return words[words.index(option) + 1] if option in words else unsaid


if __name__ == "__main__":
    main()
