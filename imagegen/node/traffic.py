"""One TCP connection through a virtual server, and what the kernel did with it.

Looked for is this very connection's entry in /proc/net/ip_vs_conn: a virtual server's counters grow
with anybody's connections, and two seconds late (net/netfilter/ipvs/ip_vs_est.c). Its lines:
net/netfilter/ipvs/ip_vs_conn.c, ip_vs_conn_seq_show.
"""

from __future__ import annotations

import errno
import os
import socket

from .ipvs_proc import hexadecimal, readable
from .model import CannotTell

ENTRIES = "/proc/net/ip_vs_conn"
CHUNK = 1 << 20


def through(address: str, port: int, seconds: float) -> tuple[str, str]:
    """Connect, send nothing, hang up: what went wrong, and the real server that IPVS chose.

    Both are empty for none. Raises CannotTell where the kernel does not show its connections.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as link:
        link.settimeout(seconds)
        trouble = _connected(link, address, port)
        mine, own_port = link.getsockname()[:2]
        return trouble, _chosen(_entry(mine, own_port, address, port))


def _connected(link: socket.socket, address: str, port: int) -> str:
    try:
        link.connect((address, port))
    except socket.timeout:
        return "did not answer in time"
    except ConnectionRefusedError:
        return "refused the connection"
    except OSError as error:
        if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return "cannot be reached: no route"
        return f"cannot be reached: {os.strerror(error.errno or 0)}"
    return ""


def _entry(mine: str, own_port: int, address: str, port: int) -> bytes:
    """How the line of a connection starts."""
    return b"TCP %s %s " % (_words(mine, own_port), _words(address, port))


def _words(address: str, port: int) -> bytes:
    """`0A0A0A01 01BB`: the table's own form has other signs between."""
    host, _, number = hexadecimal(address, port).rpartition(b":")
    return host.strip(b"[]") + b" " + number


def _chosen(entry: bytes) -> str:
    """The real server of the connection; empty where IPVS has no such connection."""
    try:
        with open(ENTRIES, "rb", buffering=CHUNK) as file:
            for line in file:
                if line.startswith(entry):
                    host, number = line[len(entry):].split()[:2]
                    return readable((b"[%s]:%s" if b":" in host else b"%s:%s") % (host, number))
    except OSError as error:
        raise CannotTell(f"{ENTRIES} cannot be read: {error.strerror}") from None
    return ""
