"""Tars of all kinds, and those that mean harm: read in memory, within limits, never extracted."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagegen.adopt import tar, tree
from imagegen.adopt.tree import Files, folder_files, tar_files
from imagegen.common.errors import InputError
from tests.adopt.nodes import Content, tarred, written

NODE: dict[str, Content] = {
    "/etc/sysctl.conf": "vm.swappiness = 1\n", "/etc/os-release": "-> ../usr/lib/os-release",
    "/usr/lib/os-release": "ID=debian\n", "/etc/sysconfig/modules/x.modules": ("modprobe x", 0o755),
    "/etc/" + "long/" * 30 + "name-" + "x" * 60: "deep", "/etc/ümlaut": "ü",
}
FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def read(data: bytes) -> Files:
    return tar_files(io.BytesIO(data), "node.tar")


def member(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", link: str = "",
           size: int | None = None) -> bytes:
    """One raw entry, whatever it claims."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = len(data) if size is None else size
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % tar.BLOCK)


END = bytes(2 * tar.BLOCK)
HOSTS = member("etc/hosts", data=b"127.0.0.1")


def is_the_node(files: Files, given: dict[str, Content]) -> None:
    for path, content in given.items():
        text, mode = content if isinstance(content, tuple) else (content, 0o644)
        assert isinstance(text, str)
        if text.startswith("-> "):
            assert files.link(path) == text[3:]
            assert files.text(path) == "ID=debian\n"
            continue
        assert (files.text(path), files.mode(path)) == (text, mode)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_every_format(form: int, mode: str) -> None:
    # ustar has no room for the longest name
    given = {path: text for path, text in NODE.items()
             if form != tarfile.USTAR_FORMAT or len(path) < 200}
    is_the_node(read(tarred(given, mode, form)), given)


@pytest.mark.parametrize("options", [[], ["--format=pax"], ["--format=v7"], ["-z"], ["-J"]])
def test_what_the_real_tar_writes(options: list[str], tmp_path: Path) -> None:
    given = {path: text for path, text in NODE.items() if len(path) < 99}
    root = written(tmp_path / "node", given)
    done = subprocess.run(["tar", "-C", str(root), "-c", *options, "."], capture_output=True,
                          check=True)
    is_the_node(read(done.stdout), given)
    is_the_node(folder_files(root), given)


def test_members_that_lead_out_are_passed_over() -> None:
    files = read(HOSTS + member("../../etc/passwd", data=b"x") + member("etc/../../x", data=b"x")
                 + member("/etc/absolute", data=b"kept inside") + END)
    assert files.text("/etc/absolute") == "kept inside"
    assert files.names("/etc") == ["absolute", "hosts"]
    assert not Path("/etc/absolute").exists()


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd", "/proc/self/root"
                                    "/etc/passwd"])
def test_links_stay_inside(target: str, tmp_path: Path) -> None:
    """A tar's and a folder's: the machine that adopts has an /etc/passwd, the node has none."""
    for files in (read(HOSTS + member("etc/x", tarfile.SYMTYPE, link=target) + END),
                  folder_files(written(tmp_path / "n", {"/etc/x": f"-> {target}"}))):
        assert files.read("/etc/x") is None
    inside = read(HOSTS + member("etc/passwd", data=b"the node's") + END
                  if target.startswith("/proc") else
                  HOSTS + member("etc/passwd", data=b"the node's")
                  + member("etc/x", tarfile.SYMTYPE, link=target) + END)
    assert inside.text("/etc/x" if not target.startswith("/proc") else "/etc/passwd") == \
        "the node's"


@pytest.mark.timeout(20)
def test_links_in_a_circle_end(tmp_path: Path) -> None:
    links: dict[str, Content] = {"/etc/a": "-> b", "/etc/b": "-> a", "/etc/self": "-> self/x",
                                 "/etc/dots": "-> " + "../" * 300 + "etc/dots"}
    for files in (read(tarred({**links, "/etc/hosts": "x"})),
                  folder_files(written(tmp_path / "n", links))):
        assert [files.read(path) for path in links] == [None] * 4


def test_a_hard_link_is_the_file_that_it_names() -> None:
    files = read(HOSTS + member("etc/other", tarfile.LNKTYPE, link="etc/hosts") + END)
    assert files.text("/etc/other") == "127.0.0.1"


def test_devices_and_pipes_are_nothing(tmp_path: Path) -> None:
    kinds = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    files = read(HOSTS + b"".join(member(f"etc/{n}", kind) for n, kind in enumerate(kinds)) + END)
    assert files.names("/etc") == ["hosts"]
    (tmp_path / "etc").mkdir()
    os.mkfifo(tmp_path / "etc/pipe")
    folder = folder_files(tmp_path)
    assert folder.read("/etc/pipe") is None


def test_no_key_is_kept() -> None:
    secrets = ("etc/shadow", "etc/kubernetes/pki/ca.key", "etc/x.pem", "root/.ssh/id_rsa",
               "etc/kubernetes/kube-proxy.kubeconfig")
    files = read(HOSTS + b"".join(member(name, data=b"secret") for name in secrets) + END)
    assert [files.read(f"/{name}") for name in secrets] == [None] * len(secrets)


def test_a_large_file_is_passed_over(tmp_path: Path) -> None:
    big = b"x" * (tree.MAX_FILE + 1)
    files = read(HOSTS + member("etc/big", data=big) + member("etc/after", data=b"x") + END)
    assert (files.read("/etc/big"), files.text("/etc/after")) == (None, "x")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/big").write_bytes(big)
    assert folder_files(tmp_path).read("/etc/big") is None
    status = read(HOSTS + member("var/lib/dpkg/status", data=big) + END)
    assert status.read("/var/lib/dpkg/status") == big


def refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(data)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("data", "words"), [
    (b"", "no tar"), (b"hello", "no tar"), (b"x" * 2000, "no tar"), (bytes(1024), "no node's"),
    (member("etc/x", size=1 << 40), "ends in the middle of etc/x"),
    (member("etc/x", size=(1 << 62)), "ends in the middle of etc/x"),
    (member("x", tarfile.GNUTYPE_LONGNAME, size=1 << 33), "a header of 8589934592 bytes"),
    (member("x", tarfile.XHDTYPE, size=1 << 33), "a header of 8589934592 bytes"),
    (member("x", tarfile.GNUTYPE_LONGNAME, size=600), "middle of a header"),
    (member("x", tarfile.XHDTYPE, b"9999 path=x\n"), "pax header"),
    (member("x", tarfile.XHDTYPE, b"0 path=x\n"), "pax header"),
    (member("x", tarfile.XHDTYPE, b"\xb2 path=x\n"), "pax header"),
    (member("x", tarfile.XHDTYPE, b"15 size=999999\n") + member("etc/x"), "middle of etc/x"),
    (member("x", tarfile.XHDTYPE, b"11 size=-1\n") + member("etc/x"), "no number"),
    (HOSTS[:-100], "middle of etc/hosts"), (HOSTS + HOSTS[:100], "cut short"),
    (HOSTS + b"x" * 512 + END, "number is none"),
    (HOSTS + HOSTS.replace(b"hosts", b"hostz") + END, "checksum"),
    (member("usr2/x", data=b"x") + END, "no node's files"),
    (b"\x1f\x8b\x08rubbish", "cannot be unpacked"),
    # a time in it would give the test another name in each lane
    (gzip.compress(HOSTS, mtime=0)[:-20], "unpacked"),
    (b"\xfd7zXZ\0rubbish", "cannot be unpacked"), (lzma.compress(HOSTS)[:-20], "unpacked"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
])
def test_what_is_no_tar_or_lies_is_refused_in_a_sentence(data: bytes, words: str) -> None:
    refused(data, words)


@pytest.mark.timeout(60)
def test_a_bomb_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "MAX_STREAM", 8 << 20)
    bomb = HOSTS + member("etc/zeros", size=64 << 20) + bytes(64 << 20) + END
    for packed in (gzip.compress(bomb), lzma.compress(bomb)):
        assert len(packed) < 200_000
        refused(packed, "larger than 8 MiB unpacked")


def test_too_many_files_stop_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "MAX_MEMBERS", 10)
    refused(HOSTS * 11 + END, "more than 10 files")
    monkeypatch.setattr(tar, "MAX_MEMBERS", 100)
    monkeypatch.setattr(tree, "MAX_KEPT", 50)
    refused(HOSTS * 11 + END, "small files are more than")


def test_xz_may_not_ask_for_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "XZ_MEMORY", 1 << 20)
    refused(lzma.compress(HOSTS + END, preset=6), "cannot be unpacked")


def test_a_path_as_deep_as_the_sea_is_passed_over() -> None:
    deep = tarred({"/etc/hosts": "x", "/" + "d/" * 300 + "f": "x", "/" + "n" * 5000: "x"})
    files = read(deep)
    assert (files.names("/etc"), files.names("/d")) == (["hosts"], [])


def test_a_rendered_tree_is_told_from_a_node(tmp_path: Path) -> None:
    written(tmp_path, {"/node/etc/hosts": "x"})
    with pytest.raises(InputError) as error:
        folder_files(tmp_path)
    assert f"this is a rendered tree: give {tmp_path}/node" in str(error.value)


ANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@ANY
@given(st.binary(max_size=1500))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for given_bytes in (data, HOSTS + data, gzip.compress(data)):
        try:
            read(given_bytes)
        except InputError as error:
            assert str(error).startswith("error: ")


@ANY
@given(st.data())
def test_any_damage_is_read_or_refused(draw: st.DataObject) -> None:
    data = bytearray(tarred(dict(list(NODE.items())[:4]),
                            form=draw.draw(st.sampled_from(FORMATS))))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        read(bytes(data))
    except InputError as error:
        assert str(error).startswith("error: ")
