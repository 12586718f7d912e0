"""The command line as a whole: help of every verb, exit codes, and what an interrupt leaves."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from imagegen import cli as house
from imagegen.cli.group import cli
from tests.verbs import PROFILES, ROOT, called, process

VERBS = sorted(house.VERBS)


def command(verb: str) -> click.Command:
    found = cli.get_command(click.Context(cli), verb)
    assert found is not None
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    said = called(verb, "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: ")
    for parameter in command(verb).params:
        if isinstance(parameter, click.Option):
            assert parameter.help and parameter.opts[-1] in said.out, parameter.name


@pytest.mark.parametrize("verb", VERBS)
def test_the_table_says_what_the_verb_says(verb: str) -> None:
    """The table's line stands for the verb in the help of all, without importing it."""
    text = command(verb).help or ""
    assert house.VERBS[verb][1] == " ".join(text.split("\n\n")[0].split())


def examples(verb: str) -> list[str]:
    """The lines of a verb's help that begin as a command does; two and more blanks end one."""
    text = re.sub(r" *\\\n\s*", " ", command(verb).help or "")
    found = [line.strip() for line in text.splitlines() if line.strip().startswith("imagegen ")]
    return [re.split(" {2,}", line)[0] for line in found]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_examples_that_it_takes(verb: str, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsed by the verb itself, not run: the guests' tests do that."""
    monkeypatch.chdir(tmp_path)
    Path("ca.pem").touch()
    lines = [shlex.split(line.partition(" > ")[0]) for line in examples(verb)]
    assert any(words[1] == verb for words in lines)
    for _, name, *words in lines:
        command(name).make_context(name, words)


@pytest.mark.parametrize(("typed", "offered"), [
    ("re", {"render", "report"}), ("verify --cl", {"--cluster", "--clones"}),
    ("build --accelerator t", {"tcg"}), ("completion ", {"bash", "zsh", "fish"}),
    ("explain sched", {"scheduler"}),
    ("explain strictA", {"strictARP"}), ("explain kubeProxy.config.ipvs.sch",
                                         {"kubeProxy.config.ipvs.scheduler"}),
    ("init --distribution ro", {"rocky"}), ("init --scheduler wl", {"wlc"}),
    ("init --distribution rocky --release ", {"8", "9", "10"}),
    ("init --release 22.04 --distribution ", {"ubuntu"}), ("init --release 1", {"11", "12", "13"}),
    ("init --kubernetes 1.34", {"1.34.4", "1.34.7"}), ("profile du", {"dual-stack"}),
    ("explain gates", {"gates"}),
    ("explain check.sysc", {"check.sysctl"}), ("doctor kub", {"kubernetes"})])
def test_a_real_bash_completes(typed: str, offered: set[str], tmp_path: Path) -> None:
    program = tmp_path / "imagegen"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m imagegen "$@"\n')
    program.chmod(0o755)
    script = ('. /dev/stdin; COMP_WORDS=(imagegen "$@"); COMP_CWORD=$#; '
              '_imagegen_completion imagegen; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    words = typed.split(" ")
    done = subprocess.run(["bash", "-c", script, "bash", *words], text=True, capture_output=True,
                          input=called("completion", "bash").out, check=True,
                          env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)})
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_their_script(shell: str) -> None:
    assert f"_IMAGEGEN_COMPLETE={shell}_complete" in called("completion", shell).out


def test_fish_cuts_no_description_at_its_comma() -> None:
    script = called("completion", "fish").out
    assert [line.strip() for line in script.splitlines() if "string split" in line] == [
        'set -l metadata (string split --max 1 "," $completion);']


@pytest.mark.parametrize(("words", "options"), [
    (("help",), ("--help",)), (("version",), ("--version",)),
    (("help", "diff"), ("diff", "--help"))])
def test_help_and_version_may_be_spelled_as_verbs(words: tuple[str, ...],
                                                  options: tuple[str, ...]) -> None:
    assert called(*words).code == 0
    assert called(*words).out == called(*options).out != ""


def test_the_help_of_all_names_every_option() -> None:
    """It is written out, so that it needs no click: what click knows must stand in it."""
    assert called("--help").out == called("-h").out == f"{house.help_of_all()}\n"
    for parameter in cli.get_params(click.Context(cli)):
        for option in parameter.opts:
            assert option in " ".join(house.OPTIONS), option


def test_the_help_of_all_needs_no_library() -> None:
    script = ("import sys; sys.path.append(sys.argv[1]); import imagegen.cli; "
              "print(sorted({'click', 're', 'enum', 'yaml'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script, str(ROOT)],
                          capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_the_real_process_lists_the_verbs() -> None:
    said = process("--help")
    assert said.code == 0
    assert [verb for verb in VERBS if f"\n  {verb} " in said.out] == VERBS
    assert process("--version").out.startswith("imagegen 0.")


@pytest.mark.parametrize("argv", [(), ("bake",), ("render",), ("render", "--colour"),
                                  ("build", str(PROFILES / "recipe.yaml"), "--timeout", "soon")])
def test_a_wrong_command_line_is_wrong_input(argv: tuple[str, ...]) -> None:
    said = called(*argv)
    assert said.code == 2
    assert "Usage: " in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_code_of_a_verb_is_the_code_of_the_process(
    code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify` ends with 1 where the node is red; that must reach the shell."""
    def verb() -> None:
        raise click.exceptions.Exit(code)

    monkeypatch.setitem(cli.commands, "judge", click.Command("judge", callback=verb))
    assert called("judge").code == code


@pytest.mark.parametrize(("error", "code", "words"), [
    (KeyboardInterrupt(), 130, "interrupted; nothing half-made was left\n"),
    (OSError(28, "No space left on device", "/x"), 3,
     "error: the disk is full (/x)\nhint: make room and run the same command again\n"),
    (PermissionError(13, "Permission denied", "/x"), 3, "error: Permission denied (/x)\n"),
])
def test_what_ends_a_verb_is_said_in_a_sentence(
    error: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def verb() -> None:
        raise error

    monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=verb))
    said = called("fail")
    assert (said.code, said.err.lstrip("\n")) == (code, words)


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def verb() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(cli.commands, "bug", click.Command("bug", callback=verb))
    with pytest.raises(ZeroDivisionError):
        called("bug")


def test_termination_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.commands, "end", click.Command(
        "end", callback=lambda: signal.raise_signal(signal.SIGTERM)))
    assert called("end").code == 130


def test_names_that_are_no_text_are_shown_all_the_same(tmp_path: Path) -> None:
    odd = str(tmp_path / "\udcff…")
    said = process("render", str(PROFILES / "quickstart.yaml"), "-o", odd,
                   env={"LC_ALL": "C.ISO-8859-1", "PYTHONUTF8": "0"})
    assert (said.code, said.err) == (0, "")
    assert "38 files" in said.out or "files, " in said.out
    missing = process("render", f"{odd}.yaml", "-o", str(tmp_path / "out"))
    assert missing.code == 2 and "Traceback" not in missing.err


@pytest.mark.parametrize("argv", [("bake",), ("render",), ("render", "--colour"),
                                  ("build", "x", "--timeout", "soon")])
def test_a_wrong_command_line_is_said_as_every_error_is(argv: tuple[str, ...]) -> None:
    said = called(*argv)
    assert said.err.startswith("error: ")
    assert "Error:" not in said.err
    assert "hint: `imagegen" in said.err
