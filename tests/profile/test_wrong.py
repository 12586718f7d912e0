"""Every wrong profile in `wrong/`, and the exact words that it gets.

NAME.yaml is the input, NAME.txt all of standard error. To change a sentence, change the .txt.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.verbs import called, process

WRONG = Path(__file__).parent / "wrong"
NAMES = sorted(path.stem for path in WRONG.glob("*.yaml"))
# nothing in them has a place
PLACELESS = ("empty", "only-comments")
REAL = ("duplicate-key", "tab", "version-unquoted", "overlap", "several", "billion-laughs",
        "not-utf-8", "raw-escape")


@pytest.mark.timeout(60)  # a bomb of aliases would take for ever
@pytest.mark.parametrize("name", NAMES)
def test_says_what_where_and_what_to_do(name: str, tmp_path: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WRONG)
    said = called("render", f"{name}.yaml", "-o", str(tmp_path / "out"))
    assert said.err == (WRONG / f"{name}.txt").read_text()
    assert (said.code, said.out) == (2, "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", REAL)
def test_the_real_process_says_the_same(name: str, tmp_path: Path) -> None:
    said = process("render", f"{name}.yaml", "-o", str(tmp_path / "out"), cwd=WRONG)
    assert said.err == (WRONG / f"{name}.txt").read_text()
    assert (said.code, said.out, list(tmp_path.iterdir())) == (2, "", [])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PLACELESS])
def test_the_caret_stands_under_the_place(name: str) -> None:
    text = (WRONG / f"{name}.txt").read_text()
    for error in text.strip().split("\n\n"):
        place = re.search(rf"^{name}\.yaml:([0-9]+):([0-9]+)\n  (.*)\n  ( *)\^$", error, re.M)
        assert place, error
        line, column = int(place[1]), int(place[2])
        source = (WRONG / f"{name}.yaml").read_bytes().decode(errors="replace").split("\n")
        assert place[3].strip() in source[line - 1].replace("\t", " ").replace("\x1b", "?")
        assert len(place[4]) == min(column - 1, 60)


def test_errors_come_in_the_order_of_the_file() -> None:
    for name in NAMES:
        text = (WRONG / f"{name}.txt").read_text()
        lines = [int(n) for n in re.findall(rf"^{name}\.yaml:([0-9]+):", text, re.M)]
        assert lines == sorted(lines), name
    assert (WRONG / "several.txt").read_text().count("error[") == 6


def test_an_item_of_a_list_is_written_in_brackets() -> None:
    """As `imagegen explain` and the pages write it."""
    texts = {name: (WRONG / f"{name}.txt").read_text() for name in NAMES}
    heads = {name: re.findall(r"^(?:error|warning)\[.*", text, re.M)
             for name, text in texts.items()}
    dotted = re.compile(r"\b(os|cluster|kubeProxy|cloudInit|image|check)(\.[A-Za-z]+)*\.[0-9]")
    assert [name for name, lines in heads.items() if any(map(dotted.search, lines))] == []
    assert any("os.users[0].sshKeys[6]: " in line for line in heads["node-user-keys"])


def test_the_table_is_whole() -> None:
    assert {path.stem for path in WRONG.glob("*.txt")} == set(NAMES)
    assert len(NAMES) >= 80


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    said = called("render", str(tmp_path / "none.yaml"), "-o", str(tmp_path / "out"))
    assert said.code == 2
    assert said.err == ("error[file-unreadable]: cannot read the profile "
                        f"{tmp_path}/none.yaml: No such file or directory\n"
                        "hint: give the path of a profile, such as profiles/quickstart.yaml\n")


def test_a_folder_and_a_device_are_no_profile(tmp_path: Path) -> None:
    assert "Is a directory" in called("render", str(tmp_path), "-o", str(tmp_path / "out")).err
    said = called("render", "/dev/zero", "-o", str(tmp_path / "out"))
    assert (said.code, said.err) == (2, "error[file-too-large]: /dev/zero is larger than 4 MiB; "
                                        "no profile needs that\n")
