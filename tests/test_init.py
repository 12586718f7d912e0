"""`imagegen init`: by flags and by asking on a real terminal; what it writes passes `check`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from imagegen.knowledge.distributions import RELEASES, Distribution
from imagegen.knowledge.pages import field_pages
from imagegen.profile.load import load_profile
from tests.verbs import ROOT, Said, called, process

ENV = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "TERM": "dumb"}

# what is asked for of every distribution
ASKED = ("metadata.name", "os.distribution", "os.release", "kubeProxy.version",
         "cluster.serviceCIDR", "cluster.podCIDR", "cluster.apiServers",
         "kubeProxy.config.ipvs.scheduler")

Answers = Mapping[str, str | Sequence[str]]


def asked(answers: Answers, *argv: str, cwd: Path) -> tuple[int, str]:
    """`imagegen init ARGV` on a terminal; each answer is typed once its question stands there.

    Of several answers the next is typed each time; what has no answer is taken as offered.
    """
    left = {path: [text] if isinstance(text, str) else list(text) for path, text in answers.items()}
    terminal, inner = pty.openpty()
    child = subprocess.Popen([sys.executable, "-m", "imagegen", "init", *argv], cwd=cwd, env=ENV,
                             stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(inner)
    shown = ""
    more: list[str] = []
    while path := _question(terminal, more):
        shown += more[0]
        answer = (left.get(path) or [""]).pop(0) if path in left else ""
        os.write(terminal, answer.encode() + (b"" if answer in ("\x03", "\x04") else b"\n"))
        while answer == "\x03" and child.poll() is None:
            # one that comes just before the read of a line is seen after it: it is typed again
            time.sleep(0.5)
            os.write(terminal, b"\x03")
    shown += more[0]
    os.close(terminal)
    code = child.wait(timeout=60)
    assert code or not any(left.values()), f"not asked for: {left}\n{shown}"
    return code, shown.replace("\r\n", "\n")


def _question(terminal: int, read: list[str]) -> str:
    """The field that is asked for now, or nothing where the process has ended."""
    text, end = "", time.monotonic() + 60
    while True:
        read[:] = [text]
        line = text.rpartition("\n")[2]
        if re.fullmatch(r"[a-zA-Z0-9.]+( \([a-z ]+\))?( \[.*\])?: ", line):
            return re.split(r"[ :]", line)[0]
        assert select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0], text
        try:
            part = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            return ""
        if not part:
            return ""
        text += part.decode()


def written(*argv: str, cwd: Path) -> Said:
    return process("init", *argv, cwd=cwd)


def test_by_flags(tmp_path: Path) -> None:
    said = written("--name", "edge", "--distribution", "debian", "--release", "12", "--kubernetes",
                   "1.33.6", "--service-cidr", "10.254.0.0/16", "--pod-cidr", "172.30.0.0/16",
                   "--api-server", "192.168.1.142:6443", "--api-server", "192.168.1.143:6443",
                   "--scheduler", "wrr", cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("edge.yaml: now `imagegen check edge.yaml`")
    profile = load_profile(tmp_path / "edge.yaml")
    assert (profile.metadata.name, profile.kube_proxy.version) == ("edge", "1.33.6")
    assert profile.cluster.service_cidr == "10.254.0.0/16"
    assert profile.cluster.pod_cidr == "172.30.0.0/16"
    assert profile.cluster.api_servers == ("192.168.1.142:6443", "192.168.1.143:6443")
    assert profile.kube_proxy.config.ipvs.scheduler.value == "wrr"


@pytest.mark.parametrize(("services", "pods"), [
    ("fd00:10:96::/112", "fd00:10:244::/56"),
    ("fd00:10:96::/112,10.96.0.0/16", "fd00:10:244::/56,10.244.0.0/16"),
    ("10.250.0.0/16", "10.244.0.0/16")])
def test_pods_have_the_families_that_services_have(services: str, pods: str,
                                                   tmp_path: Path) -> None:
    assert written("-y", "-o", "p.yaml", "--service-cidr", services, cwd=tmp_path).code == 0
    assert load_profile(tmp_path / "p.yaml").cluster.pod_cidr == pods


def test_other_families_are_asked_for_without_a_detour(tmp_path: Path) -> None:
    code, shown = asked({"metadata.name": "six", "cluster.serviceCIDR": "fd00:10:96::/112"},
                        cwd=tmp_path)
    assert (code, "error" in shown) == (0, False), shown
    assert load_profile(tmp_path / "six.yaml").cluster.pod_cidr == "fd00:10:244::/56"


def test_what_it_writes_passes_check_and_renders(tmp_path: Path) -> None:
    assert written("-y", "-o", "p.yaml", cwd=tmp_path).code == 0
    checked = process("check", "--strict", "p.yaml", cwd=tmp_path)
    assert (checked.code, checked.err) == (0, "")
    assert process("render", "p.yaml", "-o", "out", cwd=tmp_path).code == 0


def test_each_field_has_its_comment() -> None:
    text = called("init", "-y", "-o", "-").out
    flat = " ".join(text.replace("#", " ").split())
    for path in ASKED:
        assert " ".join(field_pages()[path].meaning.split()) in flat
    assert max(map(len, text.splitlines())) <= 100
    assert '  # apiServers:\n  #   - "192.168.1.142:6443"\n' in text
    given = called("init", "-y", "-o", "-", "--api-server", "10.0.0.1:6443").out
    assert '  apiServers:\n    - "10.0.0.1:6443"\n' in given


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "edge-node.yaml").write_text("mine\n")
    for argv in ((), ("-o", "edge-node.yaml")):
        said = written("-y", *argv, cwd=tmp_path)
        assert (said.code, said.out) == (2, "")
        assert said.err == ("error: edge-node.yaml is already there\n"
                            "hint: --force replaces it, -o names another file\n")
        assert (tmp_path / "edge-node.yaml").read_text() == "mine\n"
    assert written("-y", "--force", cwd=tmp_path).code == 0
    assert load_profile(tmp_path / "edge-node.yaml").metadata.name == "edge-node"


@pytest.mark.parametrize(("argv", "words"), [
    (("--name", "A_b"), "metadata.name"), (("--service-cidr", "10.0.0.1/8"), "host bits"),
    (("--scheduler", "wwr"), "did you mean wrr?"), (("--kubernetes", "1.34"), "kubeProxy.version"),
    (("--service-cidr", "10.0.0.0/8", "--pod-cidr", "10.1.0.0/16"), "overlap"),
    (("--api-server", "nowhere"), "ADDRESS:PORT"), (("--name", "\udcff"), "only ASCII"),
    (("--name", "a: b\n"), "metadata.name"), (("--release", "*x"), "is not known"),
    (("--api-server", "\udcff"), "only ASCII"), (("--name", "é"), "only ASCII"),
])
def test_wrong_flags_are_refused_and_nothing_is_written(argv: tuple[str, ...], words: str,
                                                        tmp_path: Path) -> None:
    said = written("-y", *argv, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert words in said.err and "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_all_wrong_flags_are_told_at_once(tmp_path: Path) -> None:
    said = written("-y", "--name", "A", "--kubernetes", "1.2", cwd=tmp_path)
    assert said.err.count("error[") == 2


def test_without_a_terminal_it_does_not_ask(tmp_path: Path) -> None:
    assert written(cwd=tmp_path).out.startswith("edge-node.yaml: now")


def test_asked_on_a_terminal(tmp_path: Path) -> None:
    answers = {"metadata.name": "asked", "cluster.serviceCIDR": "10.254.0.0/16",
               "cluster.apiServers": "10.0.0.5:6443, 10.0.0.6:6443",
               "kubeProxy.config.ipvs.scheduler": "lc"}
    code, shown = asked(answers, cwd=tmp_path)
    assert code == 0, shown
    profile = load_profile(tmp_path / "asked.yaml")
    assert (profile.metadata.name, profile.os.release) == ("asked", "12")
    assert profile.cluster.api_servers == ("10.0.0.5:6443", "10.0.0.6:6443")
    assert profile.kube_proxy.config.ipvs.scheduler.value == "lc"
    for path in ASKED:
        words = field_pages()[path].meaning.partition(". ")[0]
        assert words in " ".join(shown.split()) and path in shown


def passes_but_for(path: Path, left: Sequence[str]) -> None:
    """`check` and `render` take a profile once the places to fill in are filled in."""
    text = path.read_text()
    assert text.count("0" * 64) == len(left)
    path.write_text(text.replace("0" * 64, "5e" * 32))
    checked = called("check", "--strict", str(path))
    assert (checked.code, checked.out) == (0, "1 file: nothing found\n"), checked.out
    rendered = called("render", str(path), "-o", str(path.with_suffix("")))
    assert rendered.code == 0, rendered.err


def left_of(distribution: str) -> list[str]:
    return {"debian": [], "flatcar": ["kubeProxy.binary.sha256"]}.get(
        distribution, ["image.base.sha256"])


@pytest.mark.parametrize(("distribution", "release"), RELEASES)
def test_each_release_that_it_offers_by_flags(distribution: str, release: str, tmp_path: Path,
                                              ) -> None:
    said = written("-y", "--distribution", distribution, "--release", release, "-o", "p.yaml",
                   cwd=tmp_path)
    left = left_of(distribution)
    assert said.code == 0, said.err
    assert said.err == "".join(f"note: {path} is left to fill in: `imagegen check` refuses its 64 "
                               "zeros\n" for path in left)
    passes_but_for(tmp_path / "p.yaml", left)
    profile = load_profile(tmp_path / "p.yaml")
    assert (profile.os.distribution, profile.os.release) == (distribution, release)


@pytest.mark.parametrize(("distribution", "release"), RELEASES)
def test_each_release_that_it_offers_on_a_terminal(distribution: str, release: str,
                                                   tmp_path: Path) -> None:
    code, shown = asked({"metadata.name": "p", "os.distribution": distribution,
                         "os.release": release}, cwd=tmp_path)
    assert code == 0 and "error" not in shown, shown
    passes_but_for(tmp_path / "p.yaml", left_of(distribution))
    profile = load_profile(tmp_path / "p.yaml")
    assert (profile.os.distribution, profile.os.release) == (distribution, release)


@pytest.mark.parametrize(("distribution", "newest"), [
    ("debian", "12"), ("ubuntu", "26.04"), ("rocky", "10"), ("almalinux", "10"), ("rhel", "10"),
    ("amazon", "2023"), ("flatcar", "stable")])
def test_the_release_that_is_taken_where_none_is_said(distribution: str, newest: str,
                                                      tmp_path: Path) -> None:
    written("-y", "--distribution", distribution, "-o", "p.yaml", cwd=tmp_path)
    code, shown = asked({"metadata.name": "asked", "os.distribution": distribution}, cwd=tmp_path)
    assert code == 0 and f"os.release [{newest}]: " in shown
    for name in ("p.yaml", "asked.yaml"):
        assert f'release: {newest}\n' in (tmp_path / name).read_text().replace('"', "")


def test_every_distribution_of_the_model_is_tried() -> None:
    assert {distribution for distribution, _ in RELEASES} == set(Distribution)


def test_a_base_image_of_one_s_own(tmp_path: Path) -> None:
    (tmp_path / "rocky.qcow2").write_bytes(b"an image")
    digest = hashlib.sha256(b"an image").hexdigest()
    argv = ("-y", "--distribution", "rocky", "--base-image")
    assert written(*argv, "rocky.qcow2", "-o", "a.yaml", cwd=tmp_path).code == 0
    code, shown = asked({"metadata.name": "b", "os.distribution": "rocky",
                         "image.base": ["nothing.qcow2", "rocky.qcow2"]}, cwd=tmp_path)
    assert code == 0 and "error: nothing.qcow2 is not there" in shown
    assert "image.base.sha256" not in shown
    for name in ("a", "b"):
        base = load_profile(tmp_path / f"{name}.yaml").image.base
        assert (base.source, base.path, base.sha256) == (
            "path", str(tmp_path / "rocky.qcow2"), digest)
    url = "https://images.example.org/rocky.qcow2"
    assert written(*argv, url, "--base-sha256", digest, "-o", "c.yaml", cwd=tmp_path).err == ""
    code, _ = asked({"metadata.name": "d", "os.distribution": "rocky", "image.base": url,
                     "image.base.sha256": ["short", digest]}, cwd=tmp_path)
    assert code == 0
    for name in ("c", "d"):
        base = load_profile(tmp_path / f"{name}.yaml").image.base
        assert (base.source, base.url, base.sha256) == ("url", url, digest)
    assert written(*argv, "elsewhere.qcow2", "--base-sha256", digest, "-o", "e.yaml",
                   cwd=tmp_path).code == 0
    assert load_profile(tmp_path / "e.yaml").image.base.path == str(tmp_path / "elsewhere.qcow2")


@pytest.mark.parametrize(("argv", "words"), [
    (("--distribution", "rocky", "--base-image", "nothing.qcow2"), "nothing.qcow2 is not there"),
    (("--distribution", "rocky", "--base-image", "."), ". is a folder"),
    (("--distribution", "rocky", "--base-image", "there", "--base-sha256", "ab" * 32),
     "is not the image of --base-sha256"),
    (("--distribution", "rocky", "--base-image", "ftp://host/x", "--base-sha256", "ab" * 32),
     "http"),
    (("--base-sha256", "ab" * 32), "of no use without --base-image"),
    (("--distribution", "flatcar", "--base-image", "there"), "no base image to name"),
    (("--release", "9"), "several distributions have a release 9: rocky, almalinux, rhel"),
    (("-o", "."), ". is a folder"), (("-o", "there/p.yaml"), "there is a file"),
    (("-o", "/proc/p.yaml"), "/proc/p.yaml"),
])
def test_what_cannot_be_is_refused(argv: tuple[str, ...], words: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("an image")
    said = written("-y", *argv, cwd=tmp_path)
    assert said.code in (2, 3) and words in said.err and "Traceback" not in said.err, said.err
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_flatcar_by_flags(tmp_path: Path) -> None:
    said = written("-y", "--distribution", "flatcar", "--kube-proxy-url", "https://e.org/kube-proxy",
                   "--kube-proxy-sha256", "ab" * 32, "--python", "/usr/bin/python3",
                   "--name", "fc", cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    profile = load_profile(tmp_path / "fc.yaml")
    assert profile.kube_proxy.binary.url == "https://e.org/kube-proxy"
    assert profile.check.python == "/usr/bin/python3"


def release_in(path: Path) -> tuple[str, str]:
    """What a profile's text says; `check` refuses the sums that are still to be filled in."""
    system = yaml.safe_load(path.read_text())["os"]
    return system["distribution"], system["release"]


def test_a_release_alone_names_its_distribution(tmp_path: Path) -> None:
    assert written("-y", "--release", "24.04", "-o", "p.yaml", cwd=tmp_path).code == 0
    assert release_in(tmp_path / "p.yaml") == ("ubuntu", "24.04")
    code, shown = asked({"metadata.name": "q", "os.distribution": ["debian", "almalinux"]},
                        "--release", "9", cwd=tmp_path)
    assert code == 0 and "Choices: rocky, almalinux, rhel" in shown
    assert release_in(tmp_path / "q.yaml") == ("almalinux", "9")


@pytest.mark.parametrize("answers", [
    {"cluster.serviceCIDR": "10.240.0.0/12", "cluster.podCIDR": "172.30.0.0/16"},
    {"cluster.serviceCIDR": "10.240.0.0/12"}, {"cluster.serviceCIDR": "10.244.0.0/24"},
    {"cluster.serviceCIDR": "172.16.0.0/12"}, {"cluster.serviceCIDR": "10.0.0.0/8,fd00::/108"},
])
def test_no_answer_is_judged_by_a_default_that_was_not_asked_for(answers: dict[str, str],
                                                                 tmp_path: Path) -> None:
    code, shown = asked({"metadata.name": "p", **answers}, cwd=tmp_path)
    assert code == 0 and "error" not in shown, shown
    cluster = load_profile(tmp_path / "p.yaml").cluster
    assert cluster.service_cidr == answers["cluster.serviceCIDR"]
    assert cluster.pod_cidr == answers.get("cluster.podCIDR", cluster.pod_cidr)


@pytest.mark.parametrize("argv", [
    ("--pod-cidr", "10.96.0.0/12"), ("--pod-cidr", "fd00::/48"),
    ("--service-cidr", "10.240.0.0/12"),
    ("--api-server", "10.96.0.7:6443"), ("--api-server", "[2001:db8::1]:6443"),
    ("--api-server", "10.244.0.7:6443")])
def test_a_default_fits_what_is_given(argv: tuple[str, str], tmp_path: Path) -> None:
    said = written("-y", *argv, "-o", "p.yaml", cwd=tmp_path)
    assert said.code == 0, said.err
    assert asked({"metadata.name": "q"}, *argv, cwd=tmp_path)[0] == 0


def test_a_name_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "edge.yaml").write_text("mine\n")
    code, shown = asked({"metadata.name": ["edge", "other"]}, cwd=tmp_path)
    assert code == 0 and "error: edge.yaml is already there" in shown
    assert shown.index("is already there") < shown.index("os.distribution [")
    assert (tmp_path / "edge.yaml").read_text() == "mine\n"
    assert (tmp_path / "other.yaml").exists()
    code, shown = asked({}, "--name", "edge", cwd=tmp_path)
    assert code == 2 and "metadata.name" not in shown and "is already there" in shown


def test_a_wrong_flag_is_said_before_the_first_question(tmp_path: Path) -> None:
    code, shown = asked({}, "--kubernetes", "1.34", cwd=tmp_path)
    assert code == 2 and "error[" in shown and "metadata.name" not in shown


def test_one_may_go_back(tmp_path: Path) -> None:
    code, shown = asked({"metadata.name": ["<", "p", "q"], "os.distribution": ["<", "rocky"],
                         "image.base": ["<", ""], "os.release": ["8", "9"]}, cwd=tmp_path)
    assert code == 0, shown
    assert release_in(tmp_path / "q.yaml") == ("rocky", "9")


def test_only_what_no_flag_says_is_asked(tmp_path: Path) -> None:
    code, shown = asked({}, "--name", "flag", "--release", "12", cwd=tmp_path)
    assert (code, "metadata.name" in shown, "os.release [" in shown) == (0, False, False)
    assert load_profile(tmp_path / "flag.yaml").cluster.api_servers == ()


def test_a_wrong_answer_is_asked_for_again(tmp_path: Path) -> None:
    code, shown = asked({"metadata.name": ["A B", "fine"],
                         "cluster.podCIDR": ["10.96.0.0/16", "10.244.0.0/16"]}, cwd=tmp_path)
    assert code == 0, shown
    assert shown.count("error[") == 2 and "overlap" in shown
    assert load_profile(tmp_path / "fine.yaml").cluster.pod_cidr == "10.244.0.0/16"


@pytest.mark.parametrize("end", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("at", ["metadata.name", "os.distribution", "image.base",
                                "cluster.podCIDR"])
def test_an_end_writes_nothing(at: str, end: str, tmp_path: Path) -> None:
    code, shown = asked({"os.distribution": "rocky", at: end}, cwd=tmp_path)
    assert code == 130 and "nothing half-made was left" in shown
    assert list(tmp_path.iterdir()) == []
