"""The collector's script: it sends what adopt reads, and no secret."""

from __future__ import annotations

import io
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from imagegen.adopt.adopt import Wishes, adopt
from imagegen.adopt.collector import FACTS, SCRIPT
from imagegen.adopt.tree import Entry, Files, Folder, folder_files, tar_files
from imagegen.common.assets import asset
from tests.adopt.nodes import Content, recipe, written
from tests.adopt.shapes.keys import PRIVATE
from tests.adopt.test_shapes import NAMES, shape

# They lie near what is wanted, and no one may have them
SECRETS: dict[str, Content] = {path: text for paths, text in (
    (("/etc/kubernetes/kube-proxy.kubeconfig", "/etc/kubernetes/admin.conf", "/etc/shadow",
      "/var/lib/kube-proxy/kubeconfig.conf", "/etc/kubernetes/kubelet.conf",
      "/var/lib/kubelet/kubeconfig", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d/mirror.conf",
      "/etc/chrony.keys", "/etc/chrony/chrony.keys", "/etc/sudoers.d/.netrc.shadow",
      "/etc/kubernetes/pki/kube-proxy.key"), "the node's secret"),
    (("/opt/kubernetes/ssl/kube-proxy-key.pem", "/root/.ssh/id_rsa", "/home/anna/.ssh/id_rsa",
      "/etc/ssh/ssh_host_ed25519_key", "/var/lib/kubelet/pki/kubelet-client-current.pem",
      "/usr/local/share/ca-certificates/authority-and-key.crt",
      "/usr/local/sbin/with-a-key.sh"), PRIVATE),
    (("/etc/kubernetes/kube-proxy.yaml.bak", "/etc/default/kube-proxy.config"),
     "users:\n- user:\n    token: abcdef\n"),
) for path in paths}
# they are sent, and what is secret in them is not
WITHHELD = ("/etc/kubernetes/kube-proxy.yaml.bak", "/etc/default/kube-proxy.config")
NOISE: dict[str, Content] = {
    "/etc/hosts": "127.0.0.1 localhost", "/etc/ssl/certs/x.pem": "x", "/home/anna/notes.txt": "x",
    "/usr/bin/kubelet": "x" * 100_000, "/usr/local/bin/large": "x" * 100_000,
    "/var/log/syslog": "x", "/etc/kubernetes/pki/ca.crt": "x", "/usr/lib/modules/x.ko": "x"}


@dataclass(frozen=True, slots=True)
class Watched(Folder):
    """A folder that remembers what was asked of it."""

    asked: set[str] = field(default_factory=set)

    def entry(self, path: str) -> Entry | None:
        self.asked.add(path)
        return Folder.entry(self, path)


def node(name: str) -> tuple[dict[str, Content], Wishes]:
    return (recipe(), Wishes(kubernetes="1.20.2")) if name == "recipe" else shape(name)


def sent(root: Path, *shell: str) -> bytes:
    """What the script sends of a root; without words it runs as on a node, by `sh`."""
    return subprocess.run([*(shell or ("sh",)), str(asset(SCRIPT)), str(root)],
                          capture_output=True, check=True).stdout


def names(packed: bytes) -> set[str]:
    listed = subprocess.run(["tar", "-tz"], input=packed, capture_output=True, check=True)
    return {f"/{name}" for name in listed.stdout.decode().splitlines()
            if not name.endswith("/") and not f"/{name}".startswith(FACTS)}


def unpacked(packed: bytes) -> bytes:
    return subprocess.run(["gzip", "-dc"], input=packed, check=True, capture_output=True).stdout


@pytest.mark.parametrize("name", [*NAMES, "recipe"])
def test_what_is_sent_is_what_is_read(name: str, tmp_path: Path) -> None:
    files, wishes = node(name)
    root = written(tmp_path, files)
    watched = Watched(root)
    whole = adopt(Files(watched), wishes)
    packed = sent(root)
    brought = adopt(tar_files(io.BytesIO(packed), "ssh"), wishes)
    assert brought.profile == whole.profile or only_the_kubelets_bytes(name)
    # a link says what it says by its name and its target
    assert {one.removeprefix("/") for one in names(packed)
            if not str(files[one]).startswith("-> ")} <= watched.asked
    lost = {note.text for note in whole.notes} - {note.text for note in brought.notes}
    assert [note for note in lost if "never carried over" not in note
            and "private key" not in note and "a binary" not in note] == []


def only_the_kubelets_bytes(name: str) -> bool:
    """A program is not sent, so its sha256 is to be filled in."""
    return name == "the_hard_way"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_no_secret_is_sent_and_nothing_else(shell: str, tmp_path: Path) -> None:
    files, _ = node("debian_by_hand")
    clean = {path: text for path, text in files.items() if path not in SECRETS}
    without = names(sent(written(tmp_path / "clean", clean)))
    packed = sent(written(tmp_path / "full", {**files, **SECRETS, **NOISE}), shell)
    assert names(packed) - set(WITHHELD) == without
    content = unpacked(packed)
    for secret in (b"PRIVATE KEY", b"the node's secret", b"abcdef", b"bm90IGEga2V5", b"saltsalt"):
        assert secret not in content


def test_the_ways_to_the_files_of_the_recipe(tmp_path: Path) -> None:
    """All of them come along, by name."""
    assert names(sent(written(tmp_path, recipe()))) == set(recipe())


def test_a_file_of_a_units_that_is_not_sent_is_told(tmp_path: Path) -> None:
    """Any file of /etc might hold a password, so those of unknown names are not asked for."""
    unit = "[Service]\nExecStart=/usr/bin/rsync --config=/etc/rsync/own.conf\n"
    root = written(tmp_path, {**recipe(), "/etc/systemd/system/sync.service": unit,
                              "/etc/rsync/own.conf": "uid = nobody\n"})
    wishes = Wishes(kubernetes="1.20.2")
    brought = adopt(tar_files(io.BytesIO(sent(root)), "ssh"), wishes)
    assert "/etc/systemd/system/sync.service names /etc/rsync/own.conf, which is not among" in \
        "\n".join(note.text for note in brought.notes)
    assert [file.path for file in adopt(folder_files(root), wishes).profile.os.files] == [
        "/etc/rsync/own.conf"]
