"""Every wrong profile in `wrong/`, and the exact words that it gets.

NAME.yaml is the input, NAME.txt all of standard error. To change a sentence, change the .txt.
What some of them extend lies in `wrong/extended/`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imagegen.common.columns import excerpt
from imagegen.knowledge.pages import rule_pages
from imagegen.profile.file import MAX_BYTES
from tests.verbs import ROOT, called, process

WRONG = Path(__file__).parent / "wrong"
NAMES = sorted(path.stem for path in WRONG.glob("*.yaml"))
# nothing in them has a place
PLACELESS = ("empty", "only-comments")
REAL = ("duplicate-key", "tab", "version-unquoted", "overlap", "several", "billion-laughs",
        "not-utf-8", "raw-escape", "extends-cycle", "ipvs-deprecated")
# no file that could lie there gives them; tests below do
OF_NO_FILE = {"file-unreadable", "file-too-large", "extends-without-folder"}


def words(name: str) -> str:
    return (WRONG / f"{name}.txt").read_text()


def refused(name: str) -> bool:
    """Whether it has errors; what is only warned of is refused by --strict."""
    return "error[" in words(name)


@pytest.mark.timeout(60)  # a bomb of aliases would take for ever
@pytest.mark.parametrize("name", NAMES)
def test_says_what_where_and_what_to_do(name: str, tmp_path: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WRONG)
    said = called("render", f"{name}.yaml", "-o", str(tmp_path / "out"))
    assert said.err == words(name)
    assert said.code == (2 if refused(name) else 0)
    assert (tmp_path / "out").exists() is not refused(name)
    if not refused(name):
        strict = called("render", "--strict", f"{name}.yaml", "-o", str(tmp_path / "strict"))
        errors = words(name).replace("warning[", "error[").rstrip("\n")
        assert (strict.code, strict.err.rstrip("\n")) == (2, errors)
        assert not (tmp_path / "strict").exists()


def test_every_rule_has_a_wrong_profile() -> None:
    """Beside the example of its page: that one is for readers, these are as people err."""
    given = {rule for name in NAMES
             for rule in re.findall(r"^(?:error|warning)\[([^]]+)\]", words(name), re.M)}
    assert set(rule_pages()) - given == OF_NO_FILE


@pytest.mark.parametrize("name", REAL)
def test_the_real_process_says_the_same(name: str, tmp_path: Path) -> None:
    said = process("render", f"{name}.yaml", "-o", str(tmp_path / "out"), cwd=WRONG)
    assert (said.code, said.err) == (2 if refused(name) else 0, words(name))
    assert (tmp_path / "out").exists() is not refused(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PLACELESS])
def test_the_caret_stands_under_the_place(name: str) -> None:
    for error in words(name).strip().split("\n\n"):
        place = re.search(r"^(\S+\.yaml):([0-9]+):([0-9]+)\n(  .*\n *\^)$", error, re.M)
        assert place, error
        line, column = int(place[2]), int(place[3])
        assert place[4] == excerpt(lines(WRONG / place[1])[line - 1], column)
        assert len(place[4].splitlines()[0]) <= 102


def lines(file: Path) -> list[str]:
    """A file's lines as YAML counts them."""
    data = file.read_bytes()
    coding = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"a\0": "utf-16-le",
              b"\0a": "utf-16-be"}.get(data[:2], "utf-8-sig")
    return re.split("\r\n|[\n\r]", data.decode(coding, "replace"))


def test_errors_come_in_the_order_of_the_file() -> None:
    for name in NAMES:
        numbers = [int(n) for n in re.findall(rf"^{name}\.yaml:([0-9]+):", words(name), re.M)]
        assert numbers == sorted(numbers), name
    assert words("several").count("error[") == 6


def test_an_item_of_a_list_is_written_in_brackets() -> None:
    """As `imagegen explain` and the pages write it."""
    heads = {name: re.findall(r"^(?:error|warning)\[.*", words(name), re.M) for name in NAMES}
    dotted = re.compile(r"\b(os|cluster|kubeProxy|cloudInit|image|check)(\.[A-Za-z]+)*\.[0-9]")
    assert [name for name, lines in heads.items() if any(map(dotted.search, lines))] == []
    assert any("os.users[0].sshKeys[6]: " in line for line in heads["node-user-keys"])


def test_the_table_is_whole() -> None:
    assert {path.stem for path in WRONG.glob("*.txt")} == set(NAMES)
    assert len(NAMES) >= 240


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    said = called("render", str(tmp_path / "none.yaml"), "-o", str(tmp_path / "out"))
    assert said.code == 2
    assert said.err == ("error[file-unreadable]: cannot read the profile "
                        f"{tmp_path}/none.yaml: No such file or directory\n"
                        "hint: give the path of a profile; `imagegen init` writes one\n")


def test_a_folder_and_a_device_are_no_profile(tmp_path: Path) -> None:
    assert "Is a directory" in called("render", str(tmp_path), "-o", str(tmp_path / "out")).err
    said = called("render", "/dev/zero", "-o", str(tmp_path / "out"))
    assert (said.code, said.err) == (2, "error[file-too-large]: /dev/zero is larger than 4 MiB; "
                                        "no profile needs that\n")


def test_what_may_not_be_read(tmp_path: Path) -> None:
    profile = tmp_path / "secret.yaml"
    profile.write_text("kind: ClusterProfile\n")
    profile.chmod(0)
    tmp_path.chmod(0o755)
    called("check", str(profile))  # imports what a stranger could not
    me = os.geteuid()
    os.seteuid(65534 if me == 0 else me)
    try:
        said = called("check", str(profile))
    finally:
        os.seteuid(me)
    assert (said.code, said.out) == (2, f"""\
error[file-unreadable]: cannot read the profile {profile}: Permission denied
hint: give the path of a profile; `imagegen init` writes one

1 file: 1 error
""")


def test_a_file_of_more_than_any_profile(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    said = process("check", "large.yaml", cwd=tmp_path)
    assert (said.code, said.out) == (2, """\
error[file-too-large]: large.yaml is larger than 4 MiB; no profile needs that

1 file: 1 error
""")


def test_standard_input_has_no_folder() -> None:
    done = subprocess.run([sys.executable, "-m", "imagegen", "check", "-"], cwd=ROOT, check=False,
                          input=b"extends: base.yaml\n", capture_output=True)
    said = done.stdout.decode()
    assert said.startswith("error[extends-without-folder]: <stdin> cannot extend other files: it "
                           "has no folder that their paths could start from\n")
    assert (done.returncode, said.partition("\n")[2]) == (2, """\
<stdin>:1:10
  extends: base.yaml
           ^
hint: put the profile into a file

1 file: 1 error
""")


def test_a_pipe_is_not_extended(tmp_path: Path) -> None:
    """It would be waited for without end."""
    os.mkfifo(tmp_path / "base.yaml")
    (tmp_path / "top.yaml").write_text("extends: base.yaml\n")
    said = process("check", "top.yaml", cwd=tmp_path)
    assert (said.code, said.out) == (2, """\
error[extends-unreadable]: base.yaml is not a file
top.yaml:1:10
  extends: base.yaml
           ^
hint: a path is taken from the folder of the file that names it

1 file: 1 error
""")
