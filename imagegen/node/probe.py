"""A trial of the kernel in a child of its own: its network namespace goes when the child goes."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import time

from .model import CannotTell

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
TIMEOUT = 60.0  # seconds; an emulated node needs three for the imports alone


def functional_probe(
    scheduler: str, families: tuple[str, ...] = ("IPv4",), timeout: float = TIMEOUT
) -> str:
    """Empty where a virtual server of each family with this scheduler works, else a sentence.

    Raises CannotTell where no namespace can be had or the kernel does not answer in time.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(writer, scheduler, families)
    os.close(writer)
    try:
        answer = _heard(reader, timeout)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return _told(answer, timeout)


def _answer(writer: int, scheduler: str, families: tuple[str, ...]) -> None:
    """The child: it never returns into the caller's code."""
    try:
        _own_network()
        from .netlink import trial

        answer = b"=" + trial(scheduler, families).encode()
    except CannotTell as reason:
        answer = b"?" + str(reason).encode()
    except BaseException as error:
        answer = b"?" + f"{type(error).__name__}: {error}".encode()
    os.write(writer, answer[:4000])
    os._exit(0)


def _own_network() -> None:
    """A new network namespace with `lo` up. Raises CannotTell."""
    import ctypes
    import fcntl

    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise CannotTell(f"no network namespace for the trial: {reason}")
    # with `lo` comes the local routing table, without which IPVS refuses a real server
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def _heard(reader: int, timeout: float) -> bytes:
    parts = []
    deadline = time.monotonic() + timeout
    while select.select([reader], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(reader, 4096)
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def _told(answer: bytes, timeout: float) -> str:
    text = answer[1:].decode("utf-8", "replace")
    if answer.startswith(b"="):
        return text
    raise CannotTell(text or f"the trial of the kernel did not end within {timeout:g} s")
