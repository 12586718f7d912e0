"""What the page counts and names: repeated verdicts, causes, the title."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

from imagegen.report.html import html_page
from tests.report import fleet
from tests.report.test_html import answers, block, page_of
from tests.verbs import called


def test_the_same_verdict_given_twice_counts_once(tmp_path: Path) -> None:
    """From two files, and once with what `imagegen verify --json` adds to it."""
    one, other = fleet.verdict(1), fleet.verdict(2)
    again = {**one, "secondsFromPowerOn": 61.3}
    later = {**one, "time": one["time"] + 60}
    page = page_of(one, other, again, one, later)
    assert (page.nodes, page.repeated, len(block(page)["nodes"])) == (3, 2, 3)
    assert "2 given twice and counted once" in page.data.decode()
    lines = tmp_path / "fleet.jsonl"
    lines.write_text("\n".join(map(json.dumps, (one, other, again))))
    said = called("report", str(lines), str(lines), "-o", str(tmp_path / "report.html"))
    assert said.out.endswith("2 verdicts, 0 red; 4 given twice and counted once\n")


def test_facts_that_fail_on_the_same_nodes_are_one_cause() -> None:
    data = block(page_of(*fleet.fleet(40)))
    assert [(count, facts) for count, _, facts in data["causes"]] == [(4, 1), (2, 1), (2, 1)]
    broken = fleet.verdict(1, (0, 1))
    data = block(page_of(broken, fleet.verdict(2)))
    assert [(count, facts) for count, _, facts in data["causes"]] == [(1, 2)]
    light = copy.deepcopy(broken)
    for one in light["findings"]:
        one["severity"] = "warning" if one["result"] == "red" else one["severity"]
    assert block(page_of({**light, "verdict": "green"}))["causes"] == []


def test_the_title_is_the_profiles_or_ones_own() -> None:
    def title(*names: str, own: str = "") -> str:
        verdicts = [{**fleet.verdict(n), "profile": name} for n, name in enumerate(names)]
        page = html_page(answers("\n".join(map(json.dumps, verdicts))), own).data.decode()
        (found,) = re.findall(r"<h1>(.*?)</h1>", page)
        assert f"<title>{found}: 0 of" in page and "imagegen report" in page
        return str(found)

    assert title("edge", "edge") == "edge"
    assert title("edge", "core") == "edge, core"
    assert title("a", "b", "c", "d") == "4 profiles"
    assert title("edge", own="Berlin <3>") == "Berlin &lt;3&gt;"
    assert title("</title><script>") == "&lt;/title&gt;&lt;script&gt;"
