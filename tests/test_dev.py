"""`./dev` refuses a host before it changes anything, says what it installs, and starts nothing.

It runs in a mount namespace with an os-release of the test's own and tools that only write down how
they were called; what it would install is never installed here.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FEDORA = 'ID=fedora\nVERSION_ID=41\nPRETTY_NAME="Fedora Linux 41"\n'
UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n'
DEBIAN = 'ID=debian\nVERSION_ID="{}"\nPRETTY_NAME="Debian GNU/Linux {}"\n'
# what ./dev itself needs of a system
COREUTILS = ("bash", "env", "id", "uname", "df", "awk", "sed", "dirname", "readlink", "grep", "tee",
             "mktemp", "chmod", "rm", "install", "sort", "tail", "cut", "find", "touch", "cat")
CHANGES = ("apt-get", "sudo", "apt-helper", "dpkg-deb", "python3", "install", "tee")
# an os-release of the test's own, and no Go
INSIDE = """
mount --bind "$1" "$(readlink -f /etc/os-release)" && shift
for folder in /usr/local/go /usr/lib/go-1.*; do
  [ ! -d "$folder" ] || mount -t tmpfs none "$folder"
done
exec "$@"
"""


@dataclass(frozen=True)
class Host:
    """A machine made of a folder of programs and an os-release."""

    folder: Path

    def has(self, *programs: str, says: str = "") -> None:
        """Programs that write down their call and succeed."""
        for name in programs:
            path = self.folder / "bin" / name
            path.unlink(missing_ok=True)
            path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.folder}/calls"\n{says}\n')
            path.chmod(0o755)

    def calls(self) -> list[str]:
        """What was called of them, in order."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def dev(self, *verb: str, os_release: str) -> subprocess.CompletedProcess[str]:
        """Run a copy of ./dev there."""
        (self.folder / "os-release").write_text(os_release)
        checkout = self.folder / "checkout"
        checkout.mkdir(exist_ok=True)
        for name in ("dev", "pyproject.toml"):
            (checkout / name).write_bytes((ROOT / name).read_bytes())
        (checkout / "dev").chmod(0o755)
        argv = ["unshare", "--mount", "--map-root-user", "sh", "-c", INSIDE, "sh",
                str(self.folder / "os-release"), "env", "-i", "HOME=/root",
                f"PATH={self.folder / 'bin'}", f"{checkout}/dev", *verb]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in COREUTILS:
        found = next(Path(place) / name for place in ("/usr/bin", "/bin")
                     if (Path(place) / name).exists())
        (folder / name).symlink_to(found)
    return Host(tmp_path)


def left_alone(host: Host) -> bool:
    """Nothing was called that changes a machine, and the checkout is as it was."""
    called = {line.split()[0] for line in host.calls()} & set(CHANGES)
    return not called and sorted(path.name for path in (host.folder / "checkout").iterdir()) == [
        "dev", "pyproject.toml"]


@pytest.mark.parametrize("verb", ["quickstart", "test", "setup"])
@pytest.mark.parametrize("os_release", [FEDORA, UBUNTU, DEBIAN.format("11", "11"), ""])
def test_another_host_is_refused_before_it_is_changed(
        host: Host, verb: str, os_release: str) -> None:
    host.has("apt-get", "dpkg-query", "sudo", "apt-cache")
    done = host.dev(verb, os_release=os_release)
    assert done.returncode == 3, done.stderr
    name = re.findall(r'PRETTY_NAME="(.*)"', os_release) or ["an unknown system"]
    assert f"dev: this is {name[0]}, and ./dev installs packages on Debian 12 and 13 only" in (
        done.stderr)
    assert all(one in done.stderr for one in ("mmdebstrap", "qemu-utils", "packer", "etcd-server"))
    assert ("chromium" in done.stderr) == (verb != "quickstart")
    assert left_alone(host)


def test_a_user_who_may_not_install_is_told(host: Host) -> None:
    host.has("apt-get", "dpkg-query", "apt-cache")
    host.has("id", says="echo 1000")
    done = host.dev("quickstart", os_release=DEBIAN.format("12", "12"))
    assert done.returncode == 3
    assert "this user is not root and has no sudo" in done.stderr
    assert left_alone(host)


@pytest.mark.parametrize(("program", "says", "words"), [
    ("df", "echo; echo x 1 1 100 1 /", "the disk has 100 MiB free here, and 8192 MiB are needed"),
    ("uname", "echo aarch64", "images for x86_64 and this machine is aarch64")])
def test_a_machine_that_cannot_do_it_is_refused(
        host: Host, program: str, says: str, words: str) -> None:
    host.has("apt-get", "dpkg-query", "apt-cache")
    host.has(program, says=says)
    done = host.dev("quickstart", os_release=DEBIAN.format("13", "13"))
    assert done.returncode == 3
    assert words in done.stderr
    assert left_alone(host)


@pytest.mark.parametrize("release", ["12", "13"])
def test_what_is_installed_is_said_before(host: Host, release: str) -> None:
    """apt-get fails at once here, so what stands before its call was said before it."""
    host.has("dpkg-query", "apt-cache", "sudo")
    host.has("apt-get", says="echo APT >&2; exit 1")
    done = host.dev("quickstart", os_release=DEBIAN.format(release, release))
    before, apt, _ = done.stderr.partition("APT")
    assert apt
    assert done.returncode != 0
    assert "to be installed by apt-get on this host: " in before
    assert "to be unpacked into .venv, no service: etcd-server" in before
    go = "golang-1.23-go from bookworm-backports" if release == "12" else "golang-go"
    assert f"where dl.k8s.io cannot be reached, to compile Kubernetes: {go}" in before
    assert "chromium" not in done.stderr
    assert "shellcheck" not in done.stderr
    assert host.calls()[-1].startswith("apt-get -qq update")


@pytest.mark.parametrize("kind", [[], ["test"]])
def test_needs_changes_nothing(host: Host, kind: list[str]) -> None:
    host.has("apt-get", "dpkg-query", "apt-cache", "sudo")
    done = host.dev("needs", *kind, os_release=DEBIAN.format("12", "12"))
    assert done.returncode == 0, done.stderr
    assert ("chromium" in done.stderr) == bool(kind)
    assert left_alone(host)


def test_etcd_is_never_installed() -> None:
    """Its package starts a server, at once and at every boot; ./dev takes the program out of it."""
    text = (ROOT / "dev").read_text()
    lists = re.findall(r"^(MAIN|TESTS|UNPACKED)=\((.*?)\)", text, re.S | re.M)
    assert [name for name, entries in lists if "etcd" in entries] == ["UNPACKED"]
    installs = [line for line in text.splitlines() if re.match(r"\s*apt_install |.*apt_install \"",
                                                               line)]
    assert installs
    assert not any("UNPACKED" in line for line in installs)


def test_the_script_is_clean() -> None:
    scripts = [str(ROOT / name) for name in ("dev", ".ci/run", "tests/wide/fresh-root")]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False,
                          env=os.environ)
    assert done.stdout == ""
