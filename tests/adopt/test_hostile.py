"""Files that mean harm, or that nobody meant to be read: no traceback, no hang, nothing let out."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagegen.adopt.adopt import Adopted, Wishes, adopt
from imagegen.adopt.notes import MAX_NOTES
from imagegen.adopt.tree import MAX_TEXT, folder_files, tar_files
from imagegen.common.errors import InputError
from imagegen.profile.load import parse_profile
from tests.adopt.nodes import Content, node, notes, only_placeholders, tarred, with_sums, written
from tests.adopt.nodes import filled as with_pins
from tests.adopt.shapes.keys import CA, ED25519, PRIVATE
from tests.adopt.test_tar import END, HOSTS, member
from tests.hostile import texts

WISHES = Wishes(kubernetes="1.34.4")
UNIT = "/etc/systemd/system/x.service"
PROXY = "/usr/lib/systemd/system/kube-proxy.service"
SIZE = MAX_TEXT - 200
USER = "u:x:1000:1000::/home/u:/bin/sh\n"
KEYS = "/home/u/.ssh/authorized_keys"


def filled(head: str, piece: str, tail: str = "") -> str:
    """As much of a piece as a file of settings may hold."""
    return head + piece * ((SIZE - len(head) - len(tail)) // len(piece)) + tail


# Each is what some reader would take minutes or gigabytes for, if it went about it simply.
LARGE: dict[str, dict[str, Content]] = {
    "a word": {UNIT: filled("[Service]\nExecStart=/usr/bin/", "a")},
    "words": {UNIT: filled("[Service]\nExecStart=/usr/bin/x ", "/etc/a ")},
    "continued lines": {UNIT: filled("[Service]\nExecStart=/usr/bin/x ", "\\\n")},
    "commands": {UNIT: filled("[Service]\n", "ExecStart=/usr/bin/x\n")},
    "flags": {PROXY: filled("[Service]\nExecStart=/usr/bin/kube-proxy ", "--aa=b ")},
    "an open quote": {PROXY: "[Service]\nEnvironmentFile=/etc/e\nExecStart=/x/kube-proxy $A",
                      "/etc/e": filled("A='\n", "b\n")},
    "an environment": {"/etc/environment": filled("http_proxy='\n", "b\n")},
    "people": {"/etc/passwd": "".join(f"u{n}:x:{n + 1000}:1::/h:/bin/sh\n" for n in range(4000)),
               "/etc/group": "".join(f"g{n}:x:{n}:u1\n" for n in range(8000))},
    "keys": {"/etc/passwd": USER, KEYS: filled("", "x\n")},
    "options of a key": {"/etc/passwd": USER, KEYS: filled("", "pty,")},
    "sources": {"/etc/apt/sources.list": filled("", "deb http://x/ a b\n"),
                "/etc/os-release": "ID=debian\nVERSION_ID=12\n"},
    "a field of sources": {"/etc/apt/sources.list.d/x.sources": filled("Types: deb\n", " a\n")},
    "kernel arguments": {"/etc/default/grub": filled('GRUB_CMDLINE_LINUX="', "a ", '"')},
    "backslashes": {"/etc/default/grub": filled("GRUB_CMDLINE_LINUX=", "\\")},
    "swaps": {"/etc/fstab": filled("", "a b swap\n")},
    "TOML's lists": {"/etc/containerd/config.toml": filled("a=", "[")},
    "TOML's parts": {"/etc/containerd/config.toml": filled("[a", ".a", "]")},
    "TOML's tables": {"/etc/containerd/config.toml":
                      "".join(f"[a{n}]\nroot=1\n" for n in range(8000))},
    "certificates": {"/usr/local/share/ca-certificates/x.crt":
                     "-----BEGIN CERTIFICATE-----" * 30_000},
    "YAML's lists": {"/etc/kubernetes/x.yaml": filled("kind: kube-proxy\na: ", "[")},
    "YAML's aliases": {"/etc/kubernetes/x.yaml": "kind: kube-proxy\na: &a [x, x, x]\nb: &b [*a, *a]"
                                                 "\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n"},
    "servers": {"/etc/chrony.conf": "".join(f"server a{n}\n" for n in range(9000))},
    "hosts": {"/etc/environment": filled("http_proxy=http://x:1\nno_proxy=", "a,")},
    "sysctls": {"/etc/sysctl.d/a.conf": "".join(f"a.b{n % 900}={n}\n" for n in range(9000))},
    "modprobes": {"/etc/rc.local": filled("", "modprobe $a\n")},
    "units": {f"/etc/systemd/system/u{n}.service": "[Service]\nExecStart=/usr/bin/true\n"
              for n in range(2000)},
    "broken units": {f"/etc/systemd/system/u{n}.service": "[Servic]\nx\n" for n in range(250)},
    "drop-ins": {f"/etc/systemd/system/ssh.service.d/{n}.conf": "[Unit]\n" for n in range(900)},
    "almost secrets": {UNIT: "[Service]\nExecStart=/usr/local/sbin/x",
                       "/usr/local/sbin/x": "password=a://:" * 4000},
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", LARGE)
def test_no_file_takes_long(name: str) -> None:
    """The time limit is for a loop in a loop, which takes hours here; each takes a second or so."""
    found = node({"/etc/hosts": "", **LARGE[name]}, WISHES)
    assert len(found.notes) <= MAX_NOTES + 1
    assert only_placeholders(found)
    assert parse_profile("a.yaml", with_pins(found)) == with_sums(found)


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/sysctl.d/a.conf", "/etc/fstab", UNIT,
                                  "/etc/environment"])
def test_what_is_too_large_for_settings_is_told(path: str) -> None:
    found = node({"/etc/hosts": "", path: "x" * (MAX_TEXT + 1)}, WISHES)
    assert f"{path} is not read: {MAX_TEXT + 1} bytes are more than a file of settings has" in \
        notes(found)


def test_notes_come_to_an_end() -> None:
    rows = "".join(f"/dev/sd{n} none swap sw 0 0\n" for n in range(2 * MAX_NOTES))
    found = node({"/etc/fstab": rows}, WISHES)
    assert (len(found.notes), "more notes are left out" in found.notes[-2].text) == (
        MAX_NOTES, True)
    assert found.notes[-1].text.startswith("looked at: ")


READ = ("/etc/passwd", "/etc/group", KEYS, "/etc/sudoers", "/etc/ssh/sshd_config",
        "/usr/local/share/ca-certificates/x.crt", "/etc/environment", "/etc/apt/sources.list",
        "/etc/apt/sources.list.d/x.sources", "/etc/systemd/timesyncd.conf", "/etc/chrony.conf",
        "/etc/default/grub", "/etc/fstab", "/etc/containerd/config.toml", UNIT,
        "/etc/systemd/system/x.service.d/y.conf", "/etc/rc.local", "/usr/local/sbin/x",
        "/etc/kubernetes/kube-proxy.yaml", "/etc/default/kubelet", "/var/lib/kubelet/config.yaml",
        "/etc/rancher/rke2/config.yaml", "/usr/lib/systemd/system/kubelet.service")
PIECES = st.one_of(texts(20).map(str.encode), st.binary(max_size=20), st.sampled_from([
    USER.encode(), ED25519.encode(), CA.encode(), b"\r\n", b"\0", b"\xff\xfe", b"[Service]",
    b"ExecStart=/usr/local/sbin/x", b"ExecStart=", b"[Install]\nWantedBy=a.target", b"[", b"a = [",
    b"deb http://x/ y z", b"deb [", b"Types: deb\nURIs: http://x/\nSuites: a/", b"NTP=a b",
    b"server", b"server x key 1", b"GRUB_CMDLINE_LINUX=\"a", b"http_proxy=x:1", b"u:u:x",
    b"kind: ConfigMap", b"data: {config.conf: 'kind: KubeProxyConfiguration'}", b"- a", b"? :",
    b"kind: Pod\nspec: {containers: [{command: [kube-proxy, --proxy-mode=ipvs]}]}", b"%sudo ALL",
    b"metadata: {name: kube-proxy}", b"kube-proxy-arg: [a, 1]", b"modprobe x", b"$(", b"'", b'"']))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(READ), st.lists(PIECES, max_size=6).map(b"\n".join),
                       max_size=6))
def test_any_bytes_in_any_file_give_a_profile_that_passes(files: dict[str, bytes]) -> None:
    try:
        found = node({"/etc/hosts": "", "/etc/passwd": USER, **files}, WISHES)
    except InputError as error:
        assert str(error).startswith("error")
        return
    assert only_placeholders(found)
    assert parse_profile("a.yaml", with_pins(found)) == with_sums(found)


def leaked(found: Adopted) -> bool:
    return "bm90IGEga2V5" in found.text + notes(found) or "saltsalt" in found.text + notes(found)


SHADOW = "u:$6$saltsalt$abcdefgh:19000:0:99999:7:::\n"


@pytest.mark.parametrize("target", ["/etc/shadow", "../../../etc/shadow", "/root/.ssh/id_ed25519",
                                    "/etc/kubernetes/pki/ca.key", "/proc/self/environ"])
@pytest.mark.parametrize("path", [KEYS, "/usr/local/share/ca-certificates/x.crt", UNIT,
                                  "/usr/local/sbin/x", "/etc/environment", "/etc/default/x",
                                  "/etc/apt/sources.list.d/x.sources", "/etc/fstab"])
def test_a_link_to_a_secret_lets_nothing_out(path: str, target: str, tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "/etc/passwd": USER, "/etc/shadow": SHADOW, "/root/.ssh/id_ed25519": PRIVATE,
        "/etc/kubernetes/pki/ca.key": PRIVATE,
        UNIT: "[Service]\nEnvironmentFile=/etc/default/x\nExecStart=/usr/local/sbin/x\n"
              "[Install]\nWantedBy=multi-user.target\n",
        path: f"-> {target}"}
    for found in (adopt(folder_files(written(tmp_path, files)), WISHES),
                  adopt(tar_files(io.BytesIO(tarred(files)), "t"), WISHES)):
        assert not leaked(found)


def test_a_hard_link_to_a_secret_lets_nothing_out() -> None:
    linked = member(KEYS[1:], tarfile.LNKTYPE, link="etc/shadow")
    data = HOSTS + member("etc/passwd", data=USER.encode()) + member(
        "etc/shadow", data=SHADOW.encode()) + linked + END
    assert not leaked(adopt(tar_files(io.BytesIO(data), "t"), WISHES))


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"S", b"D",
                                  b"M", b"V", b"\xff"])
def test_what_is_no_file_is_nothing(kind: bytes) -> None:
    """Devices, pipes, sparse files, parts of volumes, kinds that nobody knows."""
    data = HOSTS + member("etc/passwd", kind) + member("etc/group", data=b"") + END
    assert adopt(tar_files(io.BytesIO(data), "t"), WISHES).profile.os.users == ()


def test_crlf_is_read_and_not_kept() -> None:
    unit = ("[Service]\r\nExecStart=/usr/local/sbin/x\r\n\r\n"
            "[Install]\r\nWantedBy=multi-user.target\r\n")
    found = node({"/etc/passwd": USER.replace("\n", "\r\n"), KEYS: f"{ED25519}\r\n", UNIT: unit,
                  "/etc/systemd/system/multi-user.target.wants/x.service": f"-> {UNIT}",
                  "/usr/local/sbin/x": ("#!/bin/sh\ntrue\n", 0o755),
                  "/etc/environment": "HTTPS_PROXY=http://proxy.example.org:3128\r\n",
                  "/etc/chrony.conf": "server ntp.example.org iburst\r\n"}, WISHES)
    os = found.profile.os
    assert [user.ssh_keys for user in os.users] == [(ED25519,)]
    assert (os.time_servers, os.proxy and os.proxy.https) == (
        ("ntp.example.org",), "http://proxy.example.org:3128")
    assert [(one.state, "\r" in (one.content or "")) for one in os.units] == [("enabled", False)]


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = (HOSTS + member("../out", data=b"x") + member("/tmp/imagegen-out", data=b"x")
            + member("etc/link", tarfile.SYMTYPE, link="../../..")
            + member("etc/link/out", data=b"x") + END)
    adopt(tar_files(io.BytesIO(data), "t"), WISHES)
    assert list(tmp_path.iterdir()) == []
    assert not Path("/tmp/imagegen-out").exists() and not (tmp_path.parent / "out").exists()


def test_what_is_not_wanted_takes_no_memory() -> None:
    """64 MiB that nobody reads pass by in pieces."""
    large = member("usr/lib/large", size=64 << 20) + bytes(64 << 20)
    data = io.BytesIO(HOSTS + large + END)
    tracemalloc.start()
    try:
        tar_files(data, "t")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
