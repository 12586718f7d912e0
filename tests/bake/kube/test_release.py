"""Programs of the official release, from a server of the test's own; compiled where it fails."""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from imagegen.bake import inputs
from imagegen.bake.kube import KubeProgram, bring, bring_programs, release
from imagegen.common.errors import InputError, ToolError
from imagegen.common.files import sha256_file
from imagegen.common.progress import Silent
from imagegen.knowledge import kubernetes_releases
from imagegen.knowledge.kubernetes_releases import ArchiveKind, archive_path, release_archive
from imagegen.profile.model import Profile
from tests.profiles import changed, parsed
from tests.progress import Told

PROXY, APISERVER = KubeProgram.PROXY, KubeProgram.APISERVER
VERSION = "1.34.4"
NODE, SERVER = (archive_path(VERSION, kind) for kind in ArchiveKind)
PROGRAM = "#!/bin/sh\necho Kubernetes v1.34.4\n"
MEMBER = "kubernetes/node/bin/kube-proxy"
Member = tuple[str, str | tarfile.TarInfo]


def packed(*members: Member) -> bytes:
    """A .tar.gz of programs, or of members made by hand."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, what in members:
            info = tarfile.TarInfo(name) if isinstance(what, str) else what
            info.name = name
            content = what.encode() if isinstance(what, str) else b""
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return data.getvalue()


def special(kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


class Releases(ThreadingHTTPServer):
    """dl.k8s.io on loopback: what it has by path, and what it was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.cut: set[str] = set()
        super().__init__(("127.0.0.1", 0), Answers)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """Redirects from the root to /cdn, as the real one does to its own."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Releases)
        path = self.path.removeprefix("/cdn")
        data = self.server.files.get(path[1:])
        if path == self.path:
            self.server.asked.append(self.path[1:])
        if data is None:
            self.send_error(404)
        elif path == self.path:
            self.send_response(302)
            self.send_header("Location", f"/cdn{path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data[:100] if path[1:] in self.server.cut else data)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Releases]:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path / "cache"))
    with Releases() as server:
        monkeypatch.setenv(release.MIRROR, server.url)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


Known = Callable[[str, bytes], str]


@pytest.fixture
def known(server: Releases, monkeypatch: pytest.MonkeyPatch) -> Known:
    """Has the server serve an archive whose sum is known; the sum."""
    sums: dict[str, str] = {}
    monkeypatch.setattr(kubernetes_releases, "_sums", lambda: sums)

    def serve(path: str, data: bytes) -> str:
        server.files[path] = data
        sums[path] = hashlib.sha512(data).hexdigest()
        return sums[path]

    return serve


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the compiler was asked for; it makes a file at once."""
    asked: list[str] = []

    def compile_(wanted: list[tuple[KubeProgram, str]], progress: object) -> dict[object, Path]:
        asked.extend(f"{program} {version}" for program, version in wanted)
        for program, _ in wanted:
            (tmp_path / program).write_text("compiled")
        return {one: tmp_path / one[0] for one in wanted}

    monkeypatch.setattr(bring, "kube_binaries", compile_)
    monkeypatch.setattr(inputs, "kube_binaries", compile_)
    return asked


def profile(**binary: str) -> Profile:
    return parsed(changed({"kubeProxy.version": VERSION,
                           **({"kubeProxy.binary": binary} if binary else {})}))


def found(wanted: Profile) -> inputs.Pinned:
    pinned = inputs.find_kube_proxy(wanted, Silent())
    assert pinned is not None
    return pinned


def test_every_known_sum_is_one_and_of_both_machines() -> None:
    paths = [archive_path(version, kind, arch) for kind in ArchiveKind
             for version in kubernetes_releases.released_versions(kind)
             for arch in ("amd64", "arm64")]
    assert sorted(kubernetes_releases._sums()) == sorted(paths)
    sums = list(kubernetes_releases._sums().values())
    assert all(len(one) == 128 and int(one, 16) for one in sums)
    assert len(set(sums)) == len(sums)
    assert release_archive(VERSION, ArchiveKind.NODE) is not None


def test_the_quickstarts_program_is_the_releases(
        server: Releases, known: Known, compiled: list[str]) -> None:
    sum_ = known(NODE, packed(("kubernetes/LICENSES", "x"), (MEMBER, PROGRAM)))
    pinned = found(profile())
    assert pinned.path.read_text() == PROGRAM
    assert pinned.sha256 == sha256_file(pinned.path) == hashlib.sha256(
        PROGRAM.encode()).hexdigest()
    assert pinned.path.stat().st_mode & 0o777 == 0o755
    record = json.loads(pinned.path.with_suffix(".json").read_text())
    assert (record["sha256"], record["sha512"], record["version"]) == (
        pinned.sha256, sum_, VERSION)
    assert (server.asked, compiled) == ([NODE], [])


def test_a_kept_program_asks_for_nothing_and_a_damaged_one_again(
        server: Releases, known: Known) -> None:
    known(NODE, packed((MEMBER, PROGRAM)))
    path = found(profile()).path
    assert found(profile()).path == path
    assert server.asked == [NODE]
    path.write_text("cut")
    assert found(profile()).path.read_text() == PROGRAM
    assert server.asked == [NODE, NODE]
    assert not list(path.parents[1].glob(".release-*"))


def test_both_programs_of_a_trial_come_from_their_archives(
        server: Releases, known: Known, compiled: list[str]) -> None:
    known(NODE, packed((MEMBER, PROGRAM)))
    known(SERVER, packed(("./kubernetes/server/bin/kube-apiserver", PROGRAM)))
    paths = inputs.programs_for(profile(), Silent())
    assert [path.name for path in paths] == ["kube-proxy", "kube-apiserver"]
    assert (server.asked, compiled) == ([NODE, SERVER], [])


@pytest.mark.parametrize("fault", ["missing", "cut", "refused", "silent", "no name"])
def test_what_cannot_be_reached_is_compiled_and_says_so(
        fault: str, server: Releases, known: Known, compiled: list[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CONNECT_SECONDS", 2.0)
    known(NODE, packed((MEMBER, PROGRAM * 100)))
    silent = socket.create_server(("127.0.0.1", 0))
    if fault == "missing":
        server.files.clear()
    server.cut |= {NODE} if fault == "cut" else set()
    places = {"refused": "http://127.0.0.1:1", "no name": "http://nowhere.invalid",
              "silent": f"http://127.0.0.1:{silent.getsockname()[1]}"}
    if fault in places:
        monkeypatch.setenv(release.MIRROR, places[fault])
    told = Told()
    wanted = [(PROXY, VERSION), (APISERVER, VERSION)]
    with silent:
        brought = bring_programs(wanted, told)
    assert list(brought) == wanted
    assert compiled == [f"kube-proxy {VERSION}", f"kube-apiserver {VERSION}"]
    said = next(step for step in told.steps if step.endswith("; compiling instead"))
    assert said.startswith(f"cannot fetch {os.environ[release.MIRROR]}/{NODE}: ")


def test_a_name_that_never_resolves_does_not_hold_it_up(
        known: Known, compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver has no time-out that a program could set."""
    monkeypatch.setattr(release, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: threading.Event().wait(60))
    known(NODE, packed((MEMBER, PROGRAM)))
    told = Told()
    bring_programs([(PROXY, VERSION)], told)
    assert "no answer within" in told.steps[-1]
    assert compiled == [f"kube-proxy {VERSION}"]


def test_other_bytes_are_refused_and_not_compiled_around(
        server: Releases, known: Known, compiled: list[str], tmp_path: Path) -> None:
    known(NODE, packed((MEMBER, PROGRAM)))
    server.files[NODE] = packed((MEMBER, PROGRAM + "exit 1\n"))
    with pytest.raises(InputError, match=r"is not the release's archive\n  its sha512 is  "):
        found(profile())
    assert compiled == []
    assert not list(tmp_path.glob("cache/kube/release-*/*"))


@pytest.mark.parametrize(("members", "words"), [
    ([("kubernetes/node/bin/kubelet", PROGRAM)], "has no kubernetes/node/bin/kube-proxy"),
    ([(MEMBER, special(tarfile.SYMTYPE, "/bin/sh"))], "has no kubernetes/node/bin/kube-proxy"),
    ([(MEMBER, special(tarfile.LNKTYPE, "/bin/sh"))], "has no kubernetes/node/bin/kube-proxy"),
    ([(MEMBER, special(tarfile.CHRTYPE))], "has no kubernetes/node/bin/kube-proxy"),
    ([(f"../{MEMBER}", PROGRAM), (f"/{MEMBER}", PROGRAM)],
     "has no kubernetes/node/bin/kube-proxy"),
    ([(MEMBER, PROGRAM.replace("34.4", "34.5"))], "calls itself 'Kubernetes v1.34.5'"),
])
def test_an_archive_that_is_no_release_gives_nothing(
        members: list[Member], words: str, known: Known, tmp_path: Path) -> None:
    known(NODE, packed(*members))
    with pytest.raises(ToolError, match=words):
        found(profile())
    assert not list(tmp_path.glob("cache/kube/release-*/*"))
    assert not list(tmp_path.glob("**/kube-proxy"))


def test_what_is_no_archive_is_told(known: Known) -> None:
    known(NODE, b"<html>welcome to this hotel</html>")
    with pytest.raises(ToolError, match="cannot be unpacked"):
        found(profile())


def test_the_profile_may_say_that_it_is_compiled(
        server: Releases, known: Known, compiled: list[str]) -> None:
    known(NODE, packed((MEMBER, PROGRAM)))
    found(profile(**{"from": "build"}))
    assert (server.asked, compiled) == ([], [f"kube-proxy {VERSION}"])


def test_the_profiles_own_sum_is_taken_and_nothing_else(
        server: Releases, known: Known, compiled: list[str]) -> None:
    known(NODE, packed((MEMBER, "#!/bin/sh\necho Kubernetes v1.34.4 of the table\n")))
    own = packed((MEMBER, PROGRAM))
    server.files[NODE] = own
    mine = profile(**{"from": "release", "sha512": hashlib.sha512(own).hexdigest()})
    assert found(mine).path.read_text() == PROGRAM
    server.files.clear()
    other = profile(**{"from": "release", "sha512": "1" * 128})
    with pytest.raises(ToolError, match=f"cannot fetch {server.url}/{NODE}: Not Found"):
        found(other)
    assert compiled == []


def test_a_version_of_which_nothing_is_known_is_told_what_to_write(
        server: Releases, compiled: list[str]) -> None:
    with pytest.raises(ToolError, match=r"the sums of Kubernetes 1\.33\.99's archives") as caught:
        found(parsed(changed({"kubeProxy.version": "1.33.99"})))
    assert "kubernetes-node-linux-amd64.tar.gz" in caught.value.hint
    assert "kubeProxy.binary.sha512" in caught.value.hint
    assert (server.asked, compiled) == ([], [])


def test_the_command_line_brings_it(server: Releases, tmp_path: Path) -> None:
    """The verb itself: where it would come from, and then the program."""
    data = packed((MEMBER, PROGRAM))
    server.files[NODE] = data
    written = tmp_path / "own.yaml"
    written.write_text(
        "apiVersion: imagegen/v1alpha1\nkind: ClusterProfile\nmetadata:\n  name: own\n"
        f"kubeProxy:\n  version: {VERSION}\n  binary:\n    from: release\n"
        f"    sha512: {hashlib.sha512(data).hexdigest()}\n")

    def verb(*more: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "imagegen", "kubernetes", str(written), *more],
            capture_output=True, text=True, check=True, timeout=120).stdout

    assert verb("--dry-run").splitlines() == [
        f"fetch    kube-proxy {VERSION}: {server.url}/{NODE}",
        f"compile  kube-apiserver {VERSION}: cannot fetch {server.url}/{SERVER}: Not Found"]
    assert not list(tmp_path.glob("cache/kube/release-*"))
