"""JUnit's XML, as Jenkins, GitLab and their like read it: a suite a verdict, a case a fact.

The schema that they agree on is junit-10.xsd of Jenkins' xunit plugin.
"""

from __future__ import annotations

import time

from ..model import ERROR, OK, RED, UNKNOWN
from ..text import counts, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..text import Look


def shaped(verdicts: list[dict[str, Any]], look: Look) -> str:
    """A document; a red is a failure, what an error rule could not tell is an error."""
    suites = "".join(map(_suite, verdicts))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{suites}</testsuites>\n'


def _suite(verdict: dict[str, Any]) -> str:
    findings = [*verdict["findings"], *_nothing(verdict)]
    kinds = [_kind(one) for one in findings]
    facts = {
        "name": f"imagegen.{verdict['level']}", "tests": len(kinds),
        "failures": kinds.count("failure"), "errors": kinds.count("error"),
        "skipped": kinds.count("skipped"), "time": f"{verdict['seconds']['check']:.3f}",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(verdict["time"])),
        "hostname": verdict["node"].get("hostname", ""),
    }
    properties = "".join(
        f"   <property{_attributes({'name': name, 'value': verdict[name]})}/>\n"
        for name in ("profile", "digest", "checkVersion", "verdict"))
    cases = "".join(_case(one, kind) for one, kind in zip(findings, kinds))
    return (f" <testsuite{_attributes(facts)}>\n  <properties>\n{properties}  </properties>\n"
            f"{cases}  <system-out>{_text(counts(verdict))}</system-out>\n </testsuite>\n")


def _nothing(verdict: dict[str, Any]) -> list[dict[str, str]]:
    """A suite without a case is taken for a good one; a verdict of nothing is red."""
    if verdict["findings"]:
        return []
    said = {"id": "check.nothing", "rule": "input", "title": "Something was judged",
            "severity": ERROR, "result": UNKNOWN, "saw": "nothing was judged"}
    return [{**dict.fromkeys(("read", "expected", "why", "remedy", "source"), ""), **said}]


def _kind(one: dict[str, str]) -> str:
    if one["result"] == UNKNOWN:
        return "error" if one["severity"] == ERROR else "skipped"
    return "failure" if one["result"] == RED else ""


def _case(one: dict[str, str], kind: str) -> str:
    names = _attributes({"classname": f"imagegen.{one['rule']}", "name": f"{one['id']}: "
                         f"{one['title']}" if one["title"] else one["id"]})
    said = _text("\n".join(f"{word}: {one[word]}" for word in
                           ("read", "expected", "saw", "why", "remedy", "source") if one[word]))
    if kind:
        how = _attributes({"type": one["rule"], "message": one["saw"]})
        return f"  <testcase{names}>\n   <{kind}{how}>{said}</{kind}>\n  </testcase>\n"
    if one["result"] == OK:
        return f"  <testcase{names}/>\n"
    return f"  <testcase{names}>\n   <system-out>warning\n{said}</system-out>\n  </testcase>\n"


def _attributes(values: dict[str, Any]) -> str:
    return "".join(f' {name}="{_text(str(value))}"' for name, value in values.items())


def _text(text: str) -> str:
    """What XML 1.0 can hold, escaped: no control characters, which no escape brings in."""
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return "\n".join(map(printable, text.split("\n")))
