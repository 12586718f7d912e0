"""Units over systemd's own socket, of a systemd that is played; tests/guests asks a real one."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imagegen.node import systemd
from imagegen.node.host import Host
from imagegen.node.systemd import shown
from imagegen.node.units import asked
from tests.node.fake import RUNNING, UNIT, FakeNode

STATES = {"kube-proxy.service": ("loaded", "active", "running", 0),
          "a-b@1.timer": ("loaded", "inactive", "dead", 77),
          "ufw.service": ("not-found", "inactive", "dead", 0),
          "ipvsadm.service": ("masked", "inactive", "dead", 0)}
PATHS = {"/org/freedesktop/systemd1/unit/kube_2dproxy_2eservice": "kube-proxy.service",
         "/org/freedesktop/systemd1/unit/a_2db_401_2etimer": "a-b@1.timer",
         "/org/freedesktop/systemd1/unit/ipvsadm_2eservice": "ipvsadm.service"}
VALUES: dict[str, str | bool | int] = {
    "UnitFileState": "enabled", "ConditionResult": False, "NeedDaemonReload": True, "Result":
    "success", "ActiveEnterTimestampMonotonic": 5_000_000_000, "NRestarts": 3, "MainPID": 447,
    "InactiveExitTimestampMonotonic": 4, "ExecMainStartTimestampMonotonic": 5}
LONG = ("ActiveEnterTimestampMonotonic", "InactiveExitTimestampMonotonic",
        "ExecMainStartTimestampMonotonic")
Answer = Callable[[str, str, bytes], "bytes | None"]


def text(said: str) -> bytes:
    return struct.pack("<I", len(said)) + said.encode() + b"\0"


def aligned(data: bytes, to: int) -> bytes:
    return data + bytes(-len(data) % to)


def message(kind: int, to: int, body: bytes) -> bytes:
    """An answer with the fields that systemd sends: its question, a signature, a sender."""
    fields = aligned(b"\x08\x01g\0\x01v\0", 8) + aligned(b"\x05\x01u\0" + struct.pack("<I", to), 8)
    fields += b"\x07\x01s\0" + text("org.freedesktop.systemd1")
    head = struct.pack("<cBBBIII", b"l", kind, 1, 1, len(body), 9, len(fields))
    return aligned(head + fields, 8) + body


def listed(names: list[str]) -> bytes:
    """a(ssssssouso), the other way round than it was asked for."""
    body = b""
    for name in reversed(names):
        load, active, sub, job = STATES[name]
        body = aligned(body, 8)
        for said in (name, "What it is", load, active, sub, "", "/a/path"):
            body = aligned(body, 4) + text(said)
        body = aligned(body, 4) + struct.pack("<I", job)
        body = aligned(body + text("start"), 4) + text("/")
    return struct.pack("<I", len(body)) + bytes(4) + body


def variant(name: str) -> bytes:
    value = VALUES[name]
    if isinstance(value, str):
        return b"\x01s\0\0" + text(value)
    if isinstance(value, bool):
        return b"\x01b\0\0" + struct.pack("<I", value)
    return b"\x01t\0\0\0\0\0\0" + struct.pack("<Q", value) if name in LONG else (
        b"\x01u\0\0" + struct.pack("<I", value))


def healthy(path: str, member: str, body: bytes) -> bytes | None:
    """The answer's body; None where systemd answers with an error."""
    words = [part.decode() for part in body.replace(b"\0", b" ").split() if len(part) > 1]
    if member == "ListUnitsByNames":
        return listed([name for name in STATES if name in words])
    kind, name = words[-2].rpartition(".")[2], words[-1]
    unit = PATHS[path]
    of_unit = name in ("UnitFileState", "ActiveEnterTimestampMonotonic", "ConditionResult",
                       "NeedDaemonReload", "InactiveExitTimestampMonotonic")
    assert kind == ("Unit" if of_unit else "Service" if unit == UNIT else "Timer")
    return None if (unit, name) == ("a-b@1.timer", "Result") else variant(name)


class Systemd:
    """A thread that answers one connection."""

    def __init__(self, path: Path, answer: Answer, hello: bytes) -> None:
        self.calls: list[tuple[str, str]] = []
        self._answer, self._hello = answer, hello
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        link, _ = self._server.accept()
        with link, suppress(BrokenPipeError):  # who has heard enough goes
            self.file = link.makefile("rb")
            who = str(os.geteuid()).encode().hex().encode()
            assert self.file.readline() == b"\0AUTH EXTERNAL " + who + b"\r\n"
            assert self.file.readline() == b"BEGIN\r\n"
            link.sendall(self._hello)
            while self._hello.startswith(b"OK ") and self._one(link):
                pass
            self.file.close()

    def _one(self, link: socket.socket) -> bool:
        head = self.file.read(16)
        if len(head) < 16:
            return False
        _, _, _, _, length, serial, fields = struct.unpack("<cBBBIII", head)
        said = self.file.read(fields + -fields % 8)
        path = said[8 : 8 + said[4]].decode()
        member = next(one for one in ("ListUnitsByNames", "Get") if one.encode() + b"\0" in said)
        self.calls.append((path, member))
        body = self._answer(path, member, self.file.read(length))
        # what systemd tells everybody stands between two answers
        link.sendall(message(4, 0, b"") + (message(3, serial, text("no")) if body is None
                                           else message(2, serial, body)))
        return True


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    playing: list[Systemd] = []

    def started(answer: Answer = healthy, hello: bytes = b"OK 0123\r\n") -> Path:
        playing.append(Systemd(tmp_path / "private", answer, hello))
        return tmp_path / "private"
    yield started
    for one in playing:
        one.end()


def test_what_systemd_says(play: Callable[..., Path]) -> None:
    proxy, timer, gone, masked = shown(list(STATES), str(play()))
    assert proxy == {
        "LoadState": "loaded", "ActiveState": "active", "SubState": "running", "Job": "0",
        "UnitFileState": "enabled", "ActiveEnterTimestampMonotonic": "5000000000",
        "ConditionResult": "no", "NeedDaemonReload": "yes", "InactiveExitTimestampMonotonic": "4",
        "Result": "success", "NRestarts": "3", "MainPID": "447",
        "ExecMainStartTimestampMonotonic": "5"}
    assert (timer["Job"], timer["SubState"], "Result" in timer) == ("77", "dead", False)
    assert gone == {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead",
                    "Job": "0"}
    assert masked == {**gone, "LoadState": "masked", "UnitFileState": "enabled"}


def test_nothing_more_is_asked_of_what_is_not_there(
    play: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "SECONDS", 0.5)
    assert shown(["ufw.service"], str(play()))[0]["LoadState"] == "not-found"


def test_what_it_tells_at_once_with_its_welcome(play: Callable[..., Path]) -> None:
    path = play(hello=b"OK 0123\r\n" + message(4, 0, b"everybody hears of it"))
    assert shown(["kube-proxy.service"], str(path))[0]["ActiveState"] == "active"


@pytest.mark.parametrize(("hello", "answer", "words"), [
    (b"REJECTED EXTERNAL\r\n", healthy, "does not let us in"),
    (b"", healthy, "lets nobody in"),
    (b"OK 0123\r\n", lambda *_: None, None),
    (b"OK 0123\r\n", lambda *_: b"", None),
    (b"OK 0123\r\n", lambda *_: listed(["ufw.service"]), "does not list every unit"),
    (b"OK 0123\r\nB" + bytes(15), healthy, "byte order"),
    (b"OK 0123\r\n" + struct.pack("<cBBBIII", b"l", 2, 1, 1, 1 << 30, 1, 0), healthy, "no end"),
    (b"OK 0123\r\n" + message(2, 1, b"")[:17], healthy, "answers nothing|ended|no end"),
])
def test_what_is_no_answer_raises_and_systemctl_is_asked(
    play: Callable[..., Path], fake: FakeNode, monkeypatch: pytest.MonkeyPatch,
    hello: bytes, answer: Answer, words: str | None,
) -> None:
    monkeypatch.setattr(systemd, "SECONDS", 0.5)
    with pytest.raises((OSError, struct.error), match=words):
        shown(["kube-proxy.service"], str(play(answer, hello)))
    assert asked(fake.node(), [UNIT])[UNIT].restarts == 0
    assert fake.host.asked == ["systemctl"]


def test_nobody_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "private")
    with pytest.raises(FileNotFoundError):
        shown([UNIT], place)
    monkeypatch.setattr(systemd, "shown", lambda names: shown(names, place))
    assert Host().units_shown([UNIT]) == []


def test_systemctl_is_left_alone_where_systemd_answers(fake: FakeNode) -> None:
    fake.host.units_shown = lambda names: [RUNNING for _ in names]  # type: ignore[method-assign]
    assert asked(fake.node(), [UNIT])[UNIT].active == "active"
    assert fake.host.asked == []
