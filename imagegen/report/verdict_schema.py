"""The JSON Schema of a verdict, published in schema/ and printed by `imagegen schema verdict`.

What a later check adds is no breach of it: a reader takes what it knows.
"""

from __future__ import annotations

import json
from typing import Any

from imagegen.report.verdict import FORMAT, Level, Result, Severity

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PUBLISHED = "schema/verdict-v1.schema.json"
Schema = dict[str, Any]


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> Schema:
    """The schema as data."""
    return {"$schema": DRAFT, "title": f"A verdict of imagegen's ipvs-check, format {FORMAT}",
            **_object("What the check says of one node.", _TOP, ("started",))}


def _object(words: str, properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    return {"description": words, "type": "object", "properties": properties,
            "required": [name for name in properties if name not in optional]}


def _text(words: str) -> Schema:
    return {"description": words, "type": "string"}


def _number(words: str, kind: str = "number") -> Schema:
    return {"description": words, "type": kind, "minimum": 0}


def _choice(words: str, choices: list[str]) -> Schema:
    return {"description": words, "type": "string", "enum": choices}


def _list(words: str, items: Schema) -> Schema:
    return {"description": words, "type": "array", "items": items}


_FINDING = _object("One fact and how it was judged.", {
    "id": _text("The fact, unique in a verdict."),
    "rule": _text("The rule that judged it; `ipvs-check explain RULE` shows its page."),
    "title": _text("The rule in a few words, as it is on a healthy node."),
    "severity": _choice("How grave the rule is: only an error makes a node red.", list(Severity)),
    "result": _choice("unknown: it could not be told, which never passes for good.", list(Result)),
    "read": _text("The files, programs and netlink families that were read."),
    "expected": _text("What should be."),
    "saw": _text("What is."),
    "why": _text("Why it matters."),
    "remedy": _text("What to do; empty where the result is ok."),
    "source": _text("Where the fact comes from."),
})
_NODE = _object("Who was judged; empty where the check could not begin.", {
    "hostname": _text("Its host name."),
    "machineId": _text("/etc/machine-id."),
    "bootId": _text("The kernel's id of this boot."),
    "kernel": _text("The running kernel's release."),
    "addresses": _list("ADDRESS/PREFIX, without those of kube-ipvs0 and loopback.",
                       {"type": "string"}),
    "sshHostKeys": _list("Fingerprints of the host keys.", {"type": "string"}),
    "instanceId": _text("cloud-init's instance id."),
}, ("hostname", "machineId", "bootId", "kernel", "addresses", "sshHostKeys", "instanceId"))
_TOP: Schema = {
    "format": {"description": "The format of this document.", "const": FORMAT},
    "level": _choice("Where it was given: in the build guest, on a booted node, in a cluster. A "
                     "lower level never passes for a higher one.", list(Level)),
    "verdict": _choice("green: no error rule is red or unknown, and one at least is ok.",
                       ["green", "red"]),
    "time": _number("When it was given, in Unix seconds by the node's clock.", "integer"),
    "profile": _text("The profile's name; empty where the check could not begin."),
    "digest": _text("The digest of all inputs of the image."),
    "checkVersion": _text("The check's version."),
    "node": _NODE,
    "seconds": _object("How long it took.", {
        "uptime": _number("The node's uptime at the end."),
        "waited": _number("Waited for kube-proxy."),
        "check": _number("The check's own, without waiting."),
    }),
    "waitedFor": _list("A line for each fact that was waited for: id, seconds, what was seen.",
                       {"type": "string"}),
    "started": _list("When units of the facts became active, where systemd tells.", _object(
        "A unit that is active since this boot.", {
            "unit": _text("Its name."), "seconds": _number("After the kernel's start.")})),
    "findings": _list("Every fact of the level, in the order of the expectations.", _FINDING),
    "counts": _object("Findings by result.", {
        result.value: _number(f"How many are {result}.", "integer") for result in Result}),
    "table": _object("The IPVS table.", {
        "virtualServers": _number("How many.", "integer"),
        "realServers": _number("How many.", "integer"),
        "text": _list("Its first lines, as `ipvsadm -Ln` shows them.", {"type": "string"}),
    }),
}
