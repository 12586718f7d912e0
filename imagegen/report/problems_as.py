"""What `imagegen check` found, for programs: JSON, SARIF and GitHub's workflow commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imagegen import __version__
from imagegen.profile.problem import Finding, Severity
from imagegen.report.problems import Report, file_of, summary

# changes only when a reader of the old form would be misled
JSON_SCHEMA = "imagegen/check/v1"
_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" \
    "sarif-schema-2.1.0.json"


def as_json(report: Report) -> str:
    """One object: the schema's name, the findings, and how many; null where there is no place."""
    findings = [{
        "file": file_of(name, found), "line": found.where and found.where.line,
        "column": found.where and found.where.column, "rule": found.rule,
        "severity": found.severity.value, "message": found.what, "hint": found.hint,
    } for name, found in report.findings]
    counts = {f"{severity.value}s": report.count(severity) for severity in Severity}
    return _dumped({"schema": JSON_SCHEMA, "files": list(report.checked), "findings": findings,
                    "summary": counts})


def as_sarif(report: Report) -> str:
    """A log of SARIF 2.1.0 (OASIS) with one run; each rule's page is its help."""
    rules = sorted({found.rule for _, found in report.findings})
    results = [_result(name, found, rules.index(found.rule)) for name, found in report.findings]
    driver = {"name": "imagegen", "version": __version__, "rules": list(map(_rule, rules))}
    return _dumped({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [
        {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}]})


def _rule(rule: str) -> dict[str, Any]:
    from imagegen.knowledge.pages import rule_pages

    page = rule_pages().get(rule)
    if page is None:
        return {"id": rule}
    return {"id": rule, "shortDescription": {"text": page.title},
            "fullDescription": {"text": page.why}, "help": {"text": page.do}}


def _result(name: str, found: Finding, index: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file_of(name, found))}}
    if found.where:
        place["region"] = {"startLine": found.where.line, "startColumn": found.where.column,
                           "snippet": {"text": found.where.text}}
    return {"ruleId": found.rule, "ruleIndex": index, "level": found.severity.value,
            "message": {"text": _message(found)}, "locations": [{"physicalLocation": place}]}


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def as_github(report: Report) -> str:
    """Workflow commands, which GitHub shows beside the line of a pull request, and the summary.

    What they escape: github.com/actions/toolkit, packages/core/src/command.ts.
    """
    return "".join(f"{_command(name, found)}\n" for name, found in report.findings) \
        + f"{summary(report)}\n"


def _command(name: str, found: Finding) -> str:
    where = {"file": file_of(name, found)}
    if found.where:
        where |= {"line": str(found.where.line), "col": str(found.where.column)}
    properties = ",".join(f"{key}={_property(value)}"
                          for key, value in {**where, "title": found.rule}.items())
    return f"::{found.severity.value} {properties}::{_data(_message(found))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _message(found: Finding) -> str:
    return f"{found.what}\nhint: {found.hint}" if found.hint else found.what


def _dumped(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
