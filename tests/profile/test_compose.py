"""`extends`: what is merged, who wins, where each value comes from, and what cannot be composed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.common.errors import InputError, InputErrors
from imagegen.knowledge.pages import rule_pages
from imagegen.profile.check import check_bytes, check_file
from imagegen.profile.compose import MAX_DEPTH, MAX_FILES, composed_file
from imagegen.profile.load import load_profile
from imagegen.render.render import render
from tests.profiles import GOOD, as_yaml, document, place
from tests.verbs import ROOT, called, process

HEAD = "apiVersion: imagegen/v1alpha1\nkind: ClusterProfile\n"
WHOLE = f'{HEAD}metadata: {{name: node}}\nkubeProxy: {{version: "1.34.4"}}\n'
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Files by name, dots standing for nothing; gives the path of the first."""
    def written(**files: str) -> Path:
        paths = [tmp_path / f"{name}.yaml" for name in files]
        for path, text in zip(paths, files.values(), strict=True):
            path.write_text(text)
        return paths[0]

    return written


def value(path: Path) -> Any:
    return composed_file(path).value


def refused(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_profile(path)
    return caught.value


def test_mappings_merge_and_all_else_is_replaced(write: Write) -> None:
    top = write(top="extends: base.yaml\na: {x: 2, l: [3], m: {q: 1}}\nn: 5\n",
                base="a: {x: 1, y: 1, l: [1, 2], m: {p: 1}}\nk: [1]\nn: {z: 1}\n")
    assert value(top) == {"a": {"x": 2, "y": 1, "l": [3], "m": {"p": 1, "q": 1}}, "k": [1], "n": 5}


def test_null_removes_what_was_inherited(write: Write) -> None:
    top = write(top="extends: base.yaml\na: {x: null}\nb:\nc: null\n",
                base="a: {x: 1, y: 2}\nb: {z: 1}\n")
    assert value(top) == {"a": {"y": 2}, "c": None}


def test_a_chain_and_a_list(write: Write) -> None:
    top = write(top="extends: [one.yaml, two.yaml]\nd: top\n", one="extends: base.yaml\na: one\n",
                two="b: two\n", base="a: base\nc: base\nd: base\n")
    assert value(top) == {"a": "one", "c": "base", "d": "top", "b": "two"}


def test_a_path_starts_from_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "top.yaml").write_text("extends: deep/mid.yaml\n")
    (tmp_path / "deep/mid.yaml").write_text("extends: [er/low.yaml, ../side.yaml]\n")
    (tmp_path / "deep/er/low.yaml").write_text("a: 1\n")
    (tmp_path / "side.yaml").write_text(f"extends: {tmp_path}/far.yaml\n")
    (tmp_path / "far.yaml").write_text("b: 2\n")
    assert value(tmp_path / "top.yaml") == {"a": 1, "b": 2}


@pytest.mark.parametrize("name", GOOD)
def test_a_composed_profile_renders_as_the_merged_one(name: str, tmp_path: Path) -> None:
    """Every section of a good profile in a file of its own, and every scalar said wrong before."""
    whole = document(name)
    for section, content in whole.items():
        (tmp_path / f"{section}.yaml").write_bytes(as_yaml({section: content}))
    worse = {key: {"name": "x"} if key == "metadata" else text for key, text in whole.items()}
    (tmp_path / "worse.yaml").write_bytes(as_yaml(worse))
    (tmp_path / "metadata.yaml").write_bytes(as_yaml({"extends": "worse.yaml",
                                                      "metadata": whole["metadata"]}))
    (tmp_path / "top.yaml").write_bytes(as_yaml({"extends": [f"{key}.yaml" for key in whole]}))
    assert called("render", str(tmp_path / "top.yaml"), "-o", str(tmp_path / "one")).code == 0
    assert called("render", str(place(name)), "-o", str(tmp_path / "two")).code == 0
    assert subprocess.run(["diff", "-r", tmp_path / "one", tmp_path / "two"], check=False,
                          capture_output=True).stdout == b""
    assert render(load_profile(tmp_path / "top.yaml")).image_name.startswith(name)


def test_every_value_knows_its_file_and_line(write: Write) -> None:
    top = write(top="extends: base.yaml\nos:\n  modules: [a]\n",
                base="os:\n  packages:\n    - jq\n  modules: [b]\nmetadata: {name: n}\n")
    source = composed_file(top)
    base = top.with_name("base.yaml")
    for path, file, line, column in [(("os", "modules", 0), top, 3, 13), (("os",), top, 3, 3),
                                     (("os", "packages", 0), base, 3, 7),
                                     (("metadata", "name"), base, 5, 18),
                                     (("nothing",), top, 1, 1)]:
        place = source.place(path)
        assert (place.file, place.line, place.column) == (str(file), line, column), path
    assert source.place(("os", "packages"), of_key=True).line == 2
    assert source.files == [str(base), str(top)]


def test_errors_stand_in_the_file_that_they_are_of(write: Write) -> None:
    top = write(top=f"{HEAD}extends: base.yaml\nos: {{release: '7'}}\nbogus: 1\n",
                base='metadata: {name: N}\nkubeProxy: {version: "1.34.4", path: nowhere}\n'
                     "check: {timeout: yes}\n")
    said = called("render", str(top), "-o", str(top.with_name("out")))
    places = [line.removeprefix(f"{top.parent}/") for line in said.err.splitlines()
              if line.startswith(str(top.parent))]
    assert places == ["top.yaml:4:15", "top.yaml:5:1", "base.yaml:1:18", "base.yaml:2:38",
                      "base.yaml:3:18"]


def test_explain_says_which_file(write: Write) -> None:
    top = write(top="extends: [base.yaml]\nkubeProxy: {verbosity: 4}\n", base=WHOLE)
    base = top.with_name("base.yaml")
    assert called("explain", "kubeProxy.version", "--profile", str(top)).out.endswith(
        f'kubeProxy.version: "1.34.4"  ({base}:4:22)\n')
    assert called("explain", "kubeProxy.verbosity", "--profile", str(top)).out.endswith(
        f"kubeProxy.verbosity: 4  ({top}:2:24)\n")
    assert called("explain", "extends", "--profile", str(top)).out.endswith(
        f"{top} is made of: {base}, {top}\n")


def test_two_that_differ_are_a_conflict_with_both_places(write: Write) -> None:
    top = write(top=f"extends: [one.yaml, two.yaml]\n{HEAD}", one=WHOLE,
                two='metadata:\n  name: other\nkubeProxy: {version: "1.34.4"}\n')
    error = refused(top)
    assert str(error) == (
        f"error[extends-conflict]: metadata.name: {top.parent}/one.yaml:3 says `node`, this "
        f"file `other`, and both are extended\n{top.parent}/two.yaml:2:9\n    name: other\n"
        f"          ^\nhint: say in {top} which it is")


@pytest.mark.parametrize(("one", "two"), [
    ("a: [1]", "a: [1, 2]"), ("a: 1", "a: {b: 1}"), ("a: {b: [1]}", "a: {b: 1}"),
    ("a: 1", "a: true"), ("a: null", "a: 1"), ("a: '1'", "a: 1"),
])
def test_what_is_a_conflict(one: str, two: str, write: Write) -> None:
    top = write(top="extends: [one.yaml, two.yaml]\n", one=one, two=two)
    assert [error.rule for error in composed_file(top).errors] == ["extends-conflict"]


@pytest.mark.parametrize(("top", "one", "two"), [
    ("a: 3", "a: 1", "a: 2"), ("a: null", "a: 1", "a: 2"), ("a: 1", "a: {b: 1}", "a: {b: 2}"),
    ("a: {b: 3}", "a: {b: 1}", "a: {b: 2}"), ("", "a: [1]", "a: [1]"),
    ("", "a: {b: 1}", "a: {c: 1}"),
])
def test_what_is_none(top: str, one: str, two: str, write: Write) -> None:
    path = write(top=f"extends: [one.yaml, two.yaml]\n{top}\n", one=one, two=two)
    assert composed_file(path).errors == []


def test_a_conflict_in_the_middle_is_told_once(write: Write) -> None:
    """A base that two share is read once, and so is what is wrong with it."""
    top = write(top=f"extends: [left.yaml, right.yaml]\n{WHOLE}", left="extends: mid.yaml\n",
                right="extends: mid.yaml\n", mid="extends: [one.yaml, two.yaml]\n",
                one="check: {timeout: 1s}\n", two="check: {timeout: 2s}\n")
    error = refused(top)
    assert not isinstance(error, InputErrors) and "mid.yaml which it is" in error.hint


def test_a_ring_is_told_with_its_files(write: Write) -> None:
    top = write(a="x: 1\nextends: b.yaml\n", b="extends: [c.yaml]\n", c="extends: a.yaml\n")
    error = refused(top)
    assert (error.rule, error.where and error.where.line) == ("extends-cycle", 1)
    assert error.what.endswith("extends itself: a.yaml → b.yaml → c.yaml → a.yaml")
    assert refused(write(own="extends: own.yaml\n")).rule == "extends-cycle"
    link = top.with_name("link.yaml")
    link.symlink_to(top)
    assert refused(link).rule == "extends-cycle"


@pytest.mark.parametrize(("entry", "rule"), [
    ("none.yaml", "extends-unreadable"), (".", "extends-unreadable"),
    ("/dev/zero", "extends-unreadable"), ("fifo", "extends-unreadable"),
    ('"\\0"', "extends-no-path"), ("list.yaml", "extends-no-profile"),
    ("empty.yaml", "yaml-empty"), ("large.yaml", "file-too-large"), ("{a: b}", "extends-no-path"),
    ("[[x]]", "extends-no-path"), ("7", "extends-no-path"), ("''", "extends-no-path"),
    ("null", "extends-no-path"), ("broken.yaml", "yaml-syntax"), ("x" * 5000, "extends-unreadable"),
    ("list.yaml/x", "extends-unreadable"),
])
@pytest.mark.timeout(60)  # a pipe would be waited for without end
def test_what_cannot_be_extended(entry: str, rule: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    files = {"list": "[1]", "empty": "", "broken": "a: ]", "large": "# x\n" * (2 << 20)}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "top.yaml").write_text(f"{WHOLE}extends: {entry}\n")
    error = refused(tmp_path / "top.yaml")
    assert error.rule == rule
    assert len(str(error)) < 1000


def test_a_long_chain_and_many_files_end(write: Write) -> None:
    chain = {f"f{i}": f"extends: f{i + 1}.yaml\n" for i in range(MAX_DEPTH + 1)}
    assert refused(write(**chain)).what.endswith(f"more than {MAX_DEPTH} deep")
    chain[f"f{MAX_DEPTH}"] = WHOLE
    assert load_profile(write(**chain)).metadata.name == "node"
    names = [f"g{i}" for i in range(MAX_FILES + 1)]
    many = write(many=WHOLE + f"extends: [{', '.join(f'{name}.yaml' for name in names)}]\n",
                 **dict.fromkeys(names, "os: {release: '12'}\n"))
    assert "files are extended" in refused(many).what


@pytest.mark.timeout(60)  # 2^10 ways through it
def test_many_ways_to_one_file(write: Write) -> None:
    files = {f"f{i}": f"extends: [f{i + 1}.yaml, f{i + 1}.yaml]\n" for i in range(MAX_DEPTH)}
    assert load_profile(write(**files, **{f"f{MAX_DEPTH}": WHOLE})).metadata.name == "node"


def test_bytes_and_standard_input_have_no_folder() -> None:
    found = check_bytes("p.yaml", f"{WHOLE}extends: base.yaml\n".encode()).findings
    assert [each.rule for each in found] == ["extends-without-folder"]
    argv = [sys.executable, "-m", "imagegen", "explain", "kubeProxy.version", "--profile", "-"]
    done = subprocess.run(argv, cwd=ROOT, input=f"{WHOLE}extends: base.yaml\n", text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[extends-without-folder]: <stdin> cannot extend other ")
    assert "<stdin>:5:10\n" in done.stderr


def test_a_profile_from_standard_input(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "imagegen", "render", "-", "-o", tmp_path / "out"],
                          cwd=ROOT, input=WHOLE, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out/manifest.json").is_file()


def test_extends_is_known_where_keys_are_guessed(write: Write) -> None:
    assert "did you mean `extends`?" in str(refused(write(top=f"{WHOLE}extend: base.yaml\n")))
    nested = refused(write(top='extends: b.yaml\nkubeProxy: {extends: b.yaml}\n', b=WHOLE))
    assert "is not a key of `kubeProxy`" in str(nested)


def test_the_page_of_extends_says_the_truth(write: Write) -> None:
    shown = called("explain", "extends").out
    page = yaml.safe_load(shown.partition("Example\n")[2].split("\n\n")[0])
    (write(base=WHOLE).parent / "top.yaml").write_text(yaml.safe_dump(page))
    assert check_file(write(base=WHOLE).with_name("top.yaml")).findings == ()


def test_every_rule_of_extends_has_a_page() -> None:
    text = (ROOT / "imagegen/profile/compose.py").read_text()
    assert set(re.findall(r'rule="(extends-[a-z-]+)"', text)) == {
        rule for rule in rule_pages() if rule.startswith("extends-")}
    assert process("explain", "extends-cycle").code == 0
