"""What `imagegen verify` says of its clones, in every format of the node's check."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from imagegen.boot.proof import Proof
from imagegen.boot.verify import NodeReport
from imagegen.cli.verify import verify
from imagegen.node.formats import FORMATS
from imagegen.report.proof import proof_in, shown_on
from tests.node.verdicts import STATES, finding, made, validated
from tests.verbs import called

TWO = [made(finding("a", "ok"), host="n1", rows=80), made(finding("a", "ok"), host="n2")]
SHARED = ("both have the machine id 3f9a",)


def proof(verdicts: list[dict[str, Any]], shared: tuple[str, ...] = ()) -> Proof:
    reports = tuple(NodeReport(f"node{n}", json.dumps(verdict).encode(), 61.27, (), "", None, True)
                    for n, verdict in enumerate(verdicts, 1))
    return Proof(reports, shared)


# what two green clones and one red one are in each format, written down here and not asked of it
SAID = {
    "documentation": (("GREEN  level table", "node n1", "node n2"),
                      ("RED  level table", "unknown b", "red c", "2 red, 1 unknown, 1 warning")),
    "junit": (('tests="1" failures="0"', 'hostname="n1"', 'hostname="n2"'),
              ('tests="5" failures="2" errors="1"',)),
    "tap": (("1..2\n", "ok 1 - n1 a", "ok 2 - n2 a"), ("1..5\n", "not ok 2 - b", "not ok 3 - c")),
    "nagios": (("IPVS OK - GREEN", "ok=2;"), ("IPVS CRITICAL - RED", "red=2;", "unknown=1;")),
    "prometheus": (('imagegen_node_healthy{node="n1",level="table"} 1\n', '{node="n2",'),
                   ('imagegen_node_healthy{level="table"} 0\n',
                    'imagegen_findings{result="red",severity="error"} 2\n')),
    "npd": (("GREEN level table",), ("RED: c is 0, expected 1",)),
}


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("text", "json")])
def test_a_format_says_what_the_clones_are(name: str) -> None:
    good, bad = SAID[name]
    green, red = proof_in(proof(TWO), name), proof_in(proof([STATES["red"]]), name)
    assert [part for part in good if part not in green] == []
    assert [part for part in bad if part not in red] == []
    assert not any(part in green for part in bad)


def test_text_and_json() -> None:
    text = proof_in(proof(TWO), "text")
    assert text.count("GREEN  level table") == 2
    assert "  … and 20 lines more\nnode1: verdict 61.3 s after power-on\n" in text
    lines = [json.loads(line) for line in proof_in(proof(TWO), "json").splitlines()]
    assert [line.pop("secondsFromPowerOn") for line in lines] == [61.3, 61.3]
    assert [validated(line) for line in lines] == TWO


@pytest.mark.parametrize(("name", "said"), [
    ("text", "NOT DISTINCT: both have the machine id 3f9a\n"),
    ("junit", 'message="both have the machine id 3f9a"'),
    ("tap", "not ok 3 - all clones clones.distinct Clones are nodes of their own\n"),
    ("nagios", "IPVS CRITICAL - RED level table: clones.distinct: both have"),
    ("prometheus", 'imagegen_node_healthy{node="all clones",level="table"} 0\n'),
])
def test_clones_that_are_one_are_not_good_in_any_format(name: str, said: str) -> None:
    assert said in proof_in(proof(TWO, SHARED), name)


def test_the_verb_offers_every_format() -> None:
    option = next(one for one in verify.params if one.name == "shape" and "--format" in one.opts)
    assert list(getattr(option.type, "choices", ())) == list(FORMATS)
    assert "--format" in called("verify", "--help").out


def test_a_pipe_is_written_to_plainly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        how = shown_on(stream)
    assert (how.colour, how.columns) == (False, None)
