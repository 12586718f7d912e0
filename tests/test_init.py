"""`imagegen init`: by flags and by asking on a real terminal; what it writes passes `check`."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from imagegen.knowledge.pages import field_pages
from imagegen.pages.starter import PATHS, questions
from imagegen.profile.load import load_profile
from tests.verbs import ROOT, Said, called, process

ENV = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def asked(answers: list[str], *argv: str, cwd: Path) -> tuple[int, str]:
    """`imagegen init ARGV` on a terminal; each answer is typed once its question stands there."""
    terminal, inner = pty.openpty()
    child = subprocess.Popen([sys.executable, "-m", "imagegen", "init", *argv], cwd=cwd, env=ENV,
                             stdin=inner, stdout=inner, stderr=inner, start_new_session=True)
    os.close(inner)
    shown, seen = "", 0
    for answer in answers:
        shown += _until(terminal, "]: ", shown[seen:])
        seen = len(shown)
        os.write(terminal, answer.encode() + b"\n")
    shown += _rest(terminal)
    os.close(terminal)
    return child.wait(timeout=60), shown.replace("\r\n", "\n")


def _until(terminal: int, mark: str, have: str) -> str:
    """What is shown until a mark, which is the end of a question."""
    read, end = "", time.monotonic() + 60
    while not (have + read).rstrip("\r\n").endswith((mark, mark.lstrip("]"))):
        assert select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0], have + read
        read += os.read(terminal, 4096).decode()
    return read


def _rest(terminal: int) -> str:
    """All until the process has closed its side."""
    read = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody has the other side open
            return read.decode()
        if not part:
            return read.decode()
        read += part


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
    answers = {"metadata.name": "six", "cluster.serviceCIDR": "fd00:10:96::/112"}
    code, shown = asked([answers.get(each.path, "") for each in questions()], cwd=tmp_path)
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
    for path in PATHS[2:]:
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
    code, shown = asked([answers.get(each.path, "") for each in questions()], cwd=tmp_path)
    assert code == 0, shown
    profile = load_profile(tmp_path / "asked.yaml")
    assert (profile.metadata.name, profile.os.release) == ("asked", "12")
    assert profile.cluster.api_servers == ("10.0.0.5:6443", "10.0.0.6:6443")
    assert profile.kube_proxy.config.ipvs.scheduler.value == "lc"
    for question in questions():
        assert question.words in " ".join(shown.split()) and f"{question.path}" in shown


def test_only_what_no_flag_says_is_asked(tmp_path: Path) -> None:
    rest = [each for each in questions() if each.path not in ("metadata.name", "os.release")]
    code, shown = asked([""] * len(rest), "--name", "flag", "--release", "12", cwd=tmp_path)
    assert (code, "metadata.name" in shown) == (0, False)
    assert load_profile(tmp_path / "flag.yaml").cluster.api_servers == ()


def test_a_wrong_answer_is_asked_for_again(tmp_path: Path) -> None:
    wrong = {"metadata.name": "A B", "cluster.podCIDR": "10.96.0.0/16"}
    right = {"metadata.name": "fine", "cluster.podCIDR": "10.244.0.0/16"}
    answers = [text for each in questions() for text in
               ([wrong[each.path], right[each.path]] if each.path in wrong else [""])]
    code, shown = asked(answers, cwd=tmp_path)
    assert code == 0, shown
    assert shown.count("error[") == 2 and "overlap" in shown
    assert load_profile(tmp_path / "fine.yaml").cluster.pod_cidr == "10.244.0.0/16"


def test_the_end_of_input_writes_nothing(tmp_path: Path) -> None:
    code, shown = asked(["one", "\x04"], cwd=tmp_path)
    assert code == 130 and "nothing half-made was left" in shown
    assert list(tmp_path.iterdir()) == []
