"""Each format, taken by a real program that reads it, whatever the verdict holds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from imagegen.node.formats import shaped
from tests.node.verdicts import HOSTILE_TEXT, STATES, made
from tests.tools.promtool import promtool

XSD = etree.XMLSchema(etree.parse(Path(__file__).parent / "data/junit-10.xsd"))
# one verdict of each state, and several in one document
SHAPES = {**{name: [verdict] for name, verdict in STATES.items()},
          "several": list(STATES.values())}
each = pytest.mark.parametrize("verdicts", SHAPES.values(), ids=list(SHAPES))


def suites(verdicts: list[dict[str, Any]]) -> list[Any]:
    document = etree.fromstring(shaped("junit", verdicts).encode())
    XSD.assertValid(document)
    return document.findall("testsuite")


@each
def test_junit_is_what_its_schema_asks(verdicts: list[dict[str, Any]]) -> None:
    for suite, verdict in zip(suites(verdicts), verdicts, strict=True):
        for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert len(suite.findall(f"testcase/{kind}")) == int(suite.get(name))
        assert len(suite.findall("testcase")) == int(suite.get("tests")) > 0
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        assert (bad == 0) == (verdict["verdict"] == "green")


def test_junit_tells_a_failure_from_an_error_and_from_a_skipped() -> None:
    suite = suites([STATES["red"]])[0]
    assert [(case.get("name"), child.tag) for case in suite.findall("testcase") for child in case
            ] == [("b: Title of sysctl", "error"), ("c: Title of sysctl", "failure"),
                  ("d: Title of sysctl", "failure"), ("e: Title of sysctl", "system-out")]
    assert [child.tag for case in suites([STATES["noted"]])[0].findall("testcase")
            for child in case] == ["system-out", "skipped"]
    failure = suite.find("testcase/failure")
    assert failure.get("message") == "0"
    assert failure.text == "read: /proc\nexpected: 1\nsaw: 0\nwhy: w\nremedy: r\nsource: s"


def test_the_schema_of_junit_can_refuse() -> None:
    text = shaped("junit", [STATES["green"]]).replace(' errors="0"', "")
    assert not XSD.validate(etree.fromstring(text.encode()))


def proved(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What perl's own consumer of TAP makes of a stream."""
    prove = shutil.which("prove")
    assert prove, "prove is missing: apt-get install perl"
    (folder / "verdict.tap").write_text(text)
    return subprocess.run([prove, "-v", "--exec", "cat", str(folder / "verdict.tap")],
                          capture_output=True, text=True, check=False, timeout=60)


@each
def test_a_consumer_of_tap_agrees(verdicts: list[dict[str, Any]], tmp_path: Path) -> None:
    done = proved(shaped("tap", verdicts), tmp_path)
    good = all(verdict["verdict"] == "green" for verdict in verdicts)
    assert (done.returncode == 0) == good, done.stdout + done.stderr
    assert "Parse errors" not in done.stdout
    assert "Unknown" not in done.stdout
    if not good and all(verdict["findings"] for verdict in verdicts):
        bad = [sum(one["severity"] == "error" and one["result"] in ("red", "unknown")
                   for one in verdict["findings"]) for verdict in verdicts]
        total = sum(len(verdict["findings"]) for verdict in verdicts)
        assert f"Failed: {sum(bad)})" in done.stdout
        assert f"Tests: {total} " in done.stdout


def test_tap_of_nothing_bails_out(tmp_path: Path) -> None:
    assert "Nothing was judged" in proved(shaped("tap", [made()]), tmp_path).stderr


def test_taps_diagnostics_are_yaml() -> None:
    import yaml

    text = shaped("tap", [STATES["hostile"]])
    block = re.findall(r"^  ---\n(.*?)^  \.\.\.\n", text, re.S | re.M)
    assert [yaml.safe_load(one)["rule"] for one in block] == [f"rule{HOSTILE_TEXT}"]
    assert all(line.isprintable() for line in text.splitlines())


@each
def test_promtool_finds_nothing_amiss(verdicts: list[dict[str, Any]]) -> None:
    text = shaped("prometheus", verdicts).encode("utf-8", "replace").decode()
    done = promtool("check", "metrics", text=text)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_promtool_can_find_something() -> None:
    text = shaped("prometheus", [STATES["red"]])
    assert promtool("check", "metrics", text=text.replace("# HELP", "# HALP")).returncode != 0
    assert promtool("check", "metrics", text=text.replace("} 0", "} no")).returncode != 0


PERFDATA = re.compile(r"[a-z_]+=-?[0-9.]+(s)?(;[0-9.:~@]*){0,4}")


@each
def test_a_nagios_line_is_one_line_of_the_guidelines(verdicts: list[dict[str, Any]]) -> None:
    text = shaped("nagios", verdicts)
    assert text.endswith("\n")
    assert text.count("\n") == text.count("|") == 1
    assert re.match(r"IPVS (OK|WARNING|CRITICAL|UNKNOWN) - .", text)
    assert all(PERFDATA.fullmatch(part) for part in text.split("|")[1].split())
    assert len(text.encode("utf-8", "replace")) < 8192


@each
def test_npds_line_is_short(verdicts: list[dict[str, Any]]) -> None:
    text = shaped("npd", verdicts)
    assert text.isascii()
    assert len(text) <= 81
    assert text[:-1].isprintable()


@each
def test_json_is_the_verdicts(verdicts: list[dict[str, Any]]) -> None:
    text = shaped("json", verdicts)
    told = [json.loads(text)] if len(verdicts) == 1 else [
        json.loads(line) for line in text.splitlines()]
    assert told == verdicts
