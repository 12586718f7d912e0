"""To whom a carried file belongs: the numbers of the tar, by the node's own books."""

from __future__ import annotations

import io
import tarfile

import pytest

from imagegen.adopt.adopt import Wishes, adopt
from imagegen.adopt.tree import tar_files
from imagegen.profile.node_files import File

UNIT = b"[Service]\nExecStart=/usr/local/sbin/x\n[Install]\nWantedBy=multi-user.target\n"
FILES = {"etc/passwd": b"root:x:0:0::/root:/bin/sh\nrunner:x:1000:1000::/home/r:/bin/sh\n",
         "etc/group": b"root:x:0:\nadm:x:4:\nrunner:x:1000:\n",
         "etc/systemd/system/x.service": UNIT, "usr/local/sbin/x": b"#!/bin/sh\ntrue\n"}


def carried(script: tuple[int, int], books: int = 0) -> File:
    """The script of a node on which it belongs to these numbers, and /etc/passwd to `books`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in FILES.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode, info.uid = len(data), 0o755, books
            if path == "usr/local/sbin/x":
                info.uid, info.gid = script
            tar.addfile(info, io.BytesIO(data))
    buffer.seek(0)
    found = adopt(tar_files(buffer, "t"), Wishes(kubernetes="1.34.4")).profile.os.files
    assert [file.path for file in found] == ["/usr/local/sbin/x"]
    return found[0]


@pytest.mark.parametrize(("numbers", "names"), [
    ((0, 0), ("root", "root")), ((1000, 1000), ("runner", "runner")), ((0, 4), ("root", "adm")),
    # nobody of the node's has this number
    ((4711, 4711), ("root", "root"))])
def test_a_files_owner_comes_along_by_name(numbers: tuple[int, int],
                                           names: tuple[str, str]) -> None:
    file = carried(numbers)
    assert (file.owner, file.group) == names


def test_a_tar_of_files_that_changed_hands_says_no_owners() -> None:
    """/etc/passwd is root's on every node: here somebody unpacked the files as himself."""
    file = carried((1000, 1000), books=1000)
    assert (file.owner, file.group) == ("root", "root")
