"""What systemd says of units, over its own socket: `systemctl show` sends 300 properties of each.

D-Bus without a daemon, in one connection. The messages: the D-Bus specification, 'Message
Protocol' and 'Authentication Protocol'; the interfaces: org.freedesktop.systemd1(5).
"""

from __future__ import annotations

import os
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    Call = tuple[str, str, str, str, bytes]  # path, interface, member, signature, body

SOCKET = "/run/systemd/private"
SECONDS = 5.0
SYSTEMD = "org.freedesktop.systemd1"
MANAGER = "/org/freedesktop/systemd1"
PROPERTIES = "org.freedesktop.DBus.Properties"
OF_UNIT = ("UnitFileState", "ActiveEnterTimestampMonotonic", "ConditionResult", "NeedDaemonReload",
           "InactiveExitTimestampMonotonic")
OF_SERVICE = ("NRestarts", "MainPID", "ExecMainStartTimestampMonotonic")
CALL, RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, REPLY_TO, SIGNATURE = 1, 2, 3, 5, 8
HEAD = struct.Struct("<cBBBIII")  # endianness, type, flags, version, body, serial, fields
NUMBER, LONG = struct.Struct("<I"), struct.Struct("<Q")
LARGEST = 1 << 24  # bytes of a message that is none of systemd's answers


def shown(names: list[str], path: str = SOCKET) -> list[dict[str, str]]:
    """Each unit's properties as `systemctl show` writes them. Raises OSError, struct.error.

    A unit that is not there has a LoadState and no more.
    """
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(SECONDS)
        link.connect(path)
        bus = _Bus(link, _authenticated(link))
        listed, = bus.ask([(MANAGER, f"{SYSTEMD}.Manager", "ListUnitsByNames", "as",
                            _array(names))])
        found = _states(listed or b"", names)
        wanted = [(name, one) for name, unit in zip(names, found) for one in _wanted(name, unit)]
        answers = bus.ask([_get(name, *one) for name, one in wanted])
    units = dict(zip(names, found))
    for (name, (_kind, one)), answer in zip(wanted, answers):
        if answer is not None:  # a target has no Result
            units[name][one] = _value(answer)
    return found


def _authenticated(link: socket.socket) -> bytes:
    """As who the kernel says we are, all sent at once; what systemd says after it already."""
    who = str(os.geteuid()).encode().hex()
    link.sendall(f"\0AUTH EXTERNAL {who}\r\nBEGIN\r\n".encode())
    said = b""
    while b"\r\n" not in said:
        part = link.recv(4096)
        if not part or len(said) > 4096:
            raise OSError("systemd lets nobody in")
        said += part
    line, _, rest = said.partition(b"\r\n")
    if not line.startswith(b"OK "):
        raise OSError("systemd does not let us in")
    return rest


def _wanted(name: str, unit: dict[str, str]) -> list[tuple[str, str]]:
    """Interface and property of what the list does not tell."""
    if unit["LoadState"] == "not-found":
        return []
    if unit["LoadState"] == "masked":
        return [("Unit", "UnitFileState")]
    kind = name.rpartition(".")[2].capitalize()
    of_service = OF_SERVICE if kind == "Service" else ()
    return [*(("Unit", one) for one in OF_UNIT), (kind, "Result"),
            *((kind, one) for one in of_service)]


def _get(name: str, kind: str, one: str) -> Call:
    path = "".join(char if char.isalnum() and char.isascii() else
                   "".join(f"_{byte:02x}" for byte in char.encode()) for char in name)
    return (f"{MANAGER}/unit/{path}", PROPERTIES, "Get", "ss",
            _padded(_text(f"{SYSTEMD}.{kind}"), 4) + _text(one))


class _Bus:
    """A connection: questions in one go, answers in the order of the questions."""

    def __init__(self, link: socket.socket, rest: bytes) -> None:
        self._link, self._rest, self._serial = link, rest, 0

    def ask(self, calls: list[Call]) -> list[bytes | None]:
        """The answers' bodies; None for an answer that is an error."""
        first = self._serial + 1
        self._serial += len(calls)
        self._link.sendall(b"".join(
            _message(first + place, call) for place, call in enumerate(calls)))
        answers: dict[int, bytes | None] = {}
        while len(answers) < len(calls):
            to, body = self._reply()
            answers[to] = body
        return [answers[first + place] for place in range(len(calls))]

    def _reply(self) -> tuple[int, bytes | None]:
        """Which question, and the body; what systemd tells everybody is passed over."""
        while True:
            order, kind, _, _, length, _, fields = HEAD.unpack(self._take(HEAD.size))
            if order != b"l":
                raise OSError("a machine of the other byte order")
            head = self._take(fields + -fields % 8)
            body = self._take(length)
            if kind in (RETURN, ERROR):
                return _reply_to(head[:fields]), body if kind == RETURN else None

    def _take(self, size: int) -> bytes:
        if size > LARGEST:
            raise OSError("systemd's answer has no end")
        while len(self._rest) < size:
            part = self._link.recv(1 << 18)
            if not part:
                raise OSError("systemd ended the connection")
            self._rest += part
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def _message(serial: int, call: Call) -> bytes:
    path, interface, member, signature, body = call
    fields = b""
    for code, kind, value in ((PATH, b"o", _text(path)), (INTERFACE, b"s", _text(interface)),
                              (MEMBER, b"s", _text(member)),
                              (SIGNATURE, b"g", b"%c%s\0" % (len(signature), signature.encode()))):
        fields = _padded(fields, 8) + b"%c\1%s\0" % (code, kind) + value
    head = HEAD.pack(b"l", CALL, 0, 1, len(body), serial, len(fields)) + fields
    return _padded(head, 8) + body


def _reply_to(fields: bytes) -> int:
    """The serial of the question: field 5, a number."""
    place = 0
    while place < len(fields):
        code, kind = fields[place], fields[place + 2 : place + 3]
        if code == REPLY_TO:
            return int(NUMBER.unpack_from(fields, place + 4)[0])
        # of the other fields each is a text, but the signature's length has one byte
        size = fields[place + 4] + 2 if kind == b"g" else (
            NUMBER.unpack_from(fields, place + 4)[0] + 5 if kind in (b"s", b"o") else 4)
        place += 4 + size
        place += -place % 8
    raise OSError("systemd's answer answers nothing")


def _states(body: bytes, names: list[str]) -> list[dict[str, str]]:
    """ListUnitsByNames' a(ssssssouso), in an order of its own."""
    found: dict[str, dict[str, str]] = {}
    end, place = 4 + NUMBER.unpack_from(body)[0], 8
    while place < end:
        texts = []
        for _ in range(7):
            text, place = _text_at(body, place)
            texts.append(text)
        place += -place % 4
        job = NUMBER.unpack_from(body, place)[0]
        _, place = _text_at(body, place + 4)
        _, place = _text_at(body, place)
        place += -place % 8
        found[texts[0]] = {"LoadState": texts[2], "ActiveState": texts[3], "SubState": texts[4],
                           "Job": str(job)}
    if not found.keys() >= set(names):
        raise OSError("systemd does not list every unit")  # an alias has another name
    return [found[name] for name in names]


def _value(body: bytes) -> str:
    """A variant as systemctl prints it: a text, yes or no, a number."""
    kind = body[1:2]
    if kind == b"s":
        return _text_at(body, 4)[0]
    if kind == b"b":
        return "yes" if NUMBER.unpack_from(body, 4)[0] else "no"
    return str((LONG.unpack_from(body, 8) if kind == b"t" else NUMBER.unpack_from(body, 4))[0])


def _text_at(body: bytes, place: int) -> tuple[str, int]:
    """A text, and where it ends."""
    place += -place % 4
    end = place + 4 + NUMBER.unpack_from(body, place)[0]
    return body[place + 4 : end].decode("utf-8", "replace"), end + 1


def _array(texts: list[str]) -> bytes:
    items = b""
    for text in texts:
        items = _padded(items, 4) + _text(text)
    return NUMBER.pack(len(items)) + items


def _text(text: str) -> bytes:
    data = text.encode()
    return NUMBER.pack(len(data)) + data + b"\0"


def _padded(data: bytes, to: int) -> bytes:
    return data + bytes(-len(data) % to)
