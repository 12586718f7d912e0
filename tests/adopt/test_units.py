"""kube-proxy's unit as systemd reads it: drop-ins, environments, quotes, shells."""

from __future__ import annotations

import pytest

from imagegen.adopt import systemd
from imagegen.adopt.notes import Notes
from imagegen.adopt.unit import Launch, launch
from tests.adopt.nodes import UNIT, Content, files_of


def started(files: dict[str, Content]) -> tuple[Launch | None, str]:
    notes = Notes()
    found = launch(files_of(files), notes)
    return found, "\n".join(note.text for note in notes.found)


def words(files: dict[str, Content]) -> list[str]:
    found, _ = started(files)
    assert found is not None
    return list(found.words)


@pytest.mark.parametrize(("line", "expected"), [
    ("a b  c", ["a", "b", "c"]), ("'a b' c", ["a b", "c"]), ('--x="a b"c', ["--x=a bc"]),
    (r"a\x20b a\tb", ["a b", "a\tb"]), (r"'a\b' \"", ["a\\b", '"']), ("''", [""]), ("", []),
    (r"\x2", ["\\x2"]), ("a\\", ["a\\"]),
])
def test_words(line: str, expected: list[str]) -> None:
    assert systemd.words(line) == expected


@pytest.mark.parametrize(("command", "expected"), [
    (["$ARGS"], ["--a", "b c"]), (["x$ARGS"], ["x$ARGS"]), (["${ARGS}"], ['--a "b c"']),
    (["$NONE", "${NONE}"], [""]), (["$$HOME", "100%%"], ["$HOME", "100%"]),
])
def test_variables(command: list[str], expected: list[str]) -> None:
    assert systemd.expanded(command, {"ARGS": '--a "b c"'}) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("A=b", {"A": "b"}), ("# A=b\n; C=d\nE = f", {"E": "f"}), ("A=\"b c\"\nD='e'",
                                                             {"A": "b c", "D": "e"}),
    ('A="--x=1 \\\n--y=2"', {"A": "--x=1 --y=2"}), ('A="x\ny"', {"A": "x\ny"}),
    ('A="x', {"A": "x"}), ("A=", {"A": ""}), (r'A="\"q\""', {"A": '"q"'}),
])
def test_environment_files(text: str, expected: dict[str, str]) -> None:
    assert systemd.environment(text) == expected


def unit(command: str, more: str = "") -> str:
    return f"[Unit]\nDescription=x\n[Service]\n{more}\nExecStart={command}\n"


def test_continued_lines_and_comments_within() -> None:
    text = unit("/x/kube-proxy \\\n  --a=1 \\\n# --b=2 \\\n; --c=3\n  --d=4  ")
    assert words({UNIT: text}) == ["/x/kube-proxy", "--a=1", "--d=4"]


def test_the_old_way_of_environment_files() -> None:
    """As the packages of EL7 had it: a file of all parts, and one of the service."""
    text = unit("/usr/bin/kube-proxy $KUBE_LOGTOSTDERR $KUBE_MASTER $KUBE_PROXY_ARGS",
                "EnvironmentFile=-/etc/kubernetes/config\nEnvironmentFile=-/etc/kubernetes/proxy\n"
                "EnvironmentFile=-/etc/none")
    assert words({UNIT: text, "/etc/kubernetes/config": 'KUBE_LOGTOSTDERR="--logtostderr=true"\n'
                  "KUBE_PROXY_ARGS=old", "/etc/kubernetes/proxy":
                  'KUBE_PROXY_ARGS="--proxy-mode=ipvs --masquerade-all"'}) == [
        "/usr/bin/kube-proxy", "--logtostderr=true", "--proxy-mode=ipvs", "--masquerade-all"]


def test_an_environment_file_that_is_missing_is_noted() -> None:
    _, said = started({UNIT: unit("/x/kube-proxy $A", "EnvironmentFile=/etc/none")})
    assert f"{UNIT} reads /etc/none, which is not among the files" in said


def test_drop_ins_come_after_the_unit_and_can_clear() -> None:
    folder = "/etc/systemd/system/kube-proxy.service.d"
    assert words({
        UNIT: unit("/x/kube-proxy --a ${E}", "Environment=E=1"),
        f"{folder}/10-a.conf": "[Service]\nEnvironment=E=2 'F=3 4'\n",
        f"{folder}/20-b.conf": "[Service]\nExecStart=\nExecStart=-/y/kube-proxy ${E} ${F}\n",
        "/usr/lib/systemd/system/kube-proxy.service.d/20-b.conf": "[Service]\nExecStart=\n",
        f"{folder}/30.txt": "[Service]\nExecStart=\n",
    }) == ["/y/kube-proxy", "2", "3 4"]


def test_the_first_folders_unit_wins() -> None:
    assert words({UNIT: unit("/lib/kube-proxy"),
                  "/etc/systemd/system/kube-proxy.service": unit("/etc/kube-proxy")}) == [
        "/etc/kube-proxy"]


def test_a_masked_unit_does_not_run() -> None:
    found, said = started({UNIT: unit("/x/kube-proxy"),
                           "/etc/systemd/system/kube-proxy.service": "-> /dev/null"})
    assert found is None
    assert "masked" in said


def test_a_unit_of_another_name_is_found_by_what_it_runs() -> None:
    found, said = started({"/etc/systemd/system/k8s-proxy.service": unit("/x/kube-proxy --v=1"),
                           "/etc/systemd/system/other.service": unit("/x/etcd")})
    assert found is not None and found.unit == "/etc/systemd/system/k8s-proxy.service"
    assert "kube-proxy ran from /etc/systemd/system/k8s-proxy.service" in said


@pytest.mark.parametrize(("command", "expected"), [
    ("/bin/sh -c 'exec /x/kube-proxy --a'", ["/x/kube-proxy", "--a"]),
    ("/bin/bash -c 'kube-proxy --a | tee log'", ["kube-proxy", "--a"]),
    ("/bin/sh /x/start.sh", None),
])
def test_a_shell_around_it(command: str, expected: list[str] | None) -> None:
    found, said = started({UNIT: unit(command)})
    assert (list(found.words) if found else None) == expected
    assert "shell" in said or "/bin/sh, which is not kube-proxy itself" in said


@pytest.mark.parametrize(("line", "folder"), [
    ("WorkingDirectory=/data/k8s/", "/data/k8s"), ("WorkingDirectory=-/data", "/data"),
    ("WorkingDirectory=~", None), ("WorkingDirectory=%h/x", None), ("", None),
    ("WorkingDirectory=/a\nWorkingDirectory=/b", "/b"),
])
def test_the_working_directory(line: str, folder: str | None) -> None:
    found, _ = started({UNIT: unit("/x/kube-proxy", line)})
    assert found is not None and found.working_directory == folder


@pytest.mark.parametrize("text", ["", "[Service]", "[Service]\nExecStart=\n", "\x00\xff",
                                  "[", "\\"])
def test_no_unit_breaks_it(text: str) -> None:
    assert started({UNIT: text})[0] is None
