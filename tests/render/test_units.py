"""The real systemd judges the units, and the real sshd the build's drop-in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from imagegen.common.run import Done, need, run
from imagegen.render.packer import build_user_data
from tests.profiles import GOOD, rendered
from tests.render.unit_root import PLACE, UNITS, unit_root, verified
from tests.tools.debian import unpacked_whole

# what each change must make systemd say
FAULTS = {
    "time": (r"RestartSec=5", "RestartSec=five", "Failed to parse sec value"),
    "key": (r"Restart=always", "Restarts=always", "Unknown key"),
    "section": (r"\[Service\]", "[Servic]", "Unknown section"),
    "path": (r"ConditionPathExists=\S+", "ConditionPathExists=x", "not absolute"),
    "program": (r"ExecStart=\S+", "ExecStart=/usr/local/bin/nothing", "not executable"),
    "quote": (r"--v=2", '--v="2', "Unbalanced quoting"),
}


@pytest.fixture(params=GOOD)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The node's file system, with systemd's own units and empty programs."""
    return unit_root(rendered(request.param), tmp_path)


def test_systemd_takes_the_units(root: Path) -> None:
    """Ours, and in the profile with every field the user's, with all drop-ins."""
    own = [unit for unit in ("kubelet.service", "node-tuning.service")
           if any((root / place / unit).is_file() for place in (PLACE, "etc/systemd/system"))]
    done = verified(root, *UNITS, *own)
    assert (done.code, done.output) == (0, "")


@pytest.mark.parametrize("fault", FAULTS)
def test_systemd_sees_what_is_broken(fault: str, root: Path) -> None:
    pattern, replacement, words = FAULTS[fault]
    unit = root / PLACE / "kube-proxy.service"
    text, count = re.subn(pattern, replacement, unit.read_text(), count=1)
    assert count == 1
    unit.write_text(text)
    assert words in verified(root, "kube-proxy.service").output


@pytest.fixture
def sshd(tmp_path: Path) -> Callable[[str], Done]:
    """`sshd -t` on a configuration, in a mount namespace that has sshd's account and folder."""
    root = unpacked_whole("openssh-server")
    run([need("ssh-keygen", "openssh-client"), "-q", "-t", "ed25519", "-N", "", "-f",
         str(tmp_path / "key")])
    account = "sshd:x:199:65534::/run/sshd:/usr/sbin/nologin\n"
    (tmp_path / "passwd").write_text(Path("/etc/passwd").read_text() + account)
    script = ('mount --bind "$1/passwd" /etc/passwd && mount -t tmpfs t /run && mkdir /run/sshd && '
              'exec "$2/usr/sbin/sshd" -t -h "$1/key" -f "$1/conf"')
    libraries = ":".join(f"{root}/{place}/x86_64-linux-gnu" for place in ("lib", "usr/lib"))

    def judge(config: str) -> Done:
        (tmp_path / "conf").write_text(config)
        return run(["unshare", "-r", "-m", "sh", "-c", script, "sh", str(tmp_path), str(root)],
                   env={"LD_LIBRARY_PATH": libraries}, check=False, timeout=60)

    return judge


def test_sshd_takes_the_builds_drop_in(sshd: Callable[[str], Done]) -> None:
    files = yaml.safe_load(build_user_data("ssh-ed25519 AAAA x"))["write_files"]
    config = next(f["content"] for f in files if f["path"].startswith("/etc/ssh/sshd_config.d/"))
    done = sshd(config)
    assert (done.code, done.output) == (0, "")
    assert "Bad configuration option" in sshd(config.replace("UseDNS", "UseDSN")).output
