"""Alerts and dashboard: judged by promtool, and of no metric that nobody writes."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.node.formats import shaped
from imagegen.node.formats.prometheus import METRICS
from tests.node.verdicts import STATES
from tests.tools.promtool import promtool
from tests.verbs import ROOT

HERE = ROOT / "observability"
ALERTS = ("alerts.yaml", "alerts-repeated.yaml")
# node_exporter's own, which is there where its textfile collector is (its README and `node_time`)
NODE_EXPORTER = {"node_boot_time_seconds", "node_uname_info"}
DASHBOARD: dict[str, Any] = json.loads((HERE / "grafana/dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]


def rules() -> list[dict[str, str]]:
    return [rule for name in ALERTS
            for group in yaml.safe_load((HERE / "prometheus" / name).read_text())["groups"]
            for rule in group["rules"]]


PROMETHEUS = HERE / "prometheus"


def test_promtool_takes_the_alerts() -> None:
    done = promtool("check", "rules", *ALERTS, cwd=PROMETHEUS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(ALERTS)


def test_the_alerts_fire_and_are_silent_as_they_should() -> None:
    done = promtool("test", "rules", "alerts-test.yaml", cwd=PROMETHEUS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", [rule["alert"] for rule in rules()])
def test_every_alert_is_seen_firing_and_silent(alert: str) -> None:
    tests = yaml.safe_load((HERE / "prometheus/alerts-test.yaml").read_text())["tests"]
    seen = [bool(one["exp_alerts"]) for test in tests for one in test["alert_rule_test"]
            if one["alertname"] == alert]
    assert True in seen and False in seen


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_that_never_fires_is_found_out(rule: dict[str, str], tmp_path: Path) -> None:
    for path in (HERE / "prometheus").iterdir():
        text = path.read_text()
        head, found, rest = text.partition(f"alert: {rule['alert']}\n")
        if path.name in ALERTS and found:
            rest = re.sub(r"for: \S+", "for: 1000h", rest, count=1)
        (tmp_path / path.name).write_text(head + found + rest)
    assert promtool("test", "rules", "alerts-test.yaml", cwd=tmp_path).returncode != 0


def metrics(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:imagegen|node)_[a-z_]+\b", expression))


def written() -> set[str]:
    text = shaped("prometheus", [STATES["red"]])
    return set(re.findall(r"^(imagegen_[a-z_]+)[{ ]", text, re.M))


def test_what_the_check_writes_is_what_it_names() -> None:
    assert written() == {f"imagegen_{name}" for name in METRICS}


@pytest.mark.parametrize("text", [
    *EXPRESSIONS, *(rule["expr"] for rule in rules()),
    *(rule["annotations"]["description"] for rule in rules()),  # type: ignore[index]
])
def test_every_metric_is_one_that_is_written(text: str) -> None:
    named = metrics(text.replace("node_exporter", ""))
    assert named <= written() | NODE_EXPORTER


def test_every_label_is_one_that_is_written() -> None:
    text = shaped("prometheus", [STATES["red"]])
    labels = set(re.findall(r"[{,]([a-z]+)=", text)) | {"instance", "job"}
    for expression in (*EXPRESSIONS, *(rule["expr"] for rule in rules())):
        asked = re.findall(r"([a-z]+)(?:=~|=)\"", expression)
        asked += re.split(r", *", ", ".join(re.findall(r"(?:by|on) \(([^)]+)\)", expression)))
        assert set(filter(None, asked)) <= labels, expression


def test_the_documentation_names_every_metric() -> None:
    table = (HERE / "README.md").read_text()
    assert set(re.findall(r"`(imagegen_[a-z_]+)`", table)) == written()


def test_prometheus_takes_every_query_of_the_dashboard(tmp_path: Path) -> None:
    """As recorded rules, since promtool parses those."""
    assert len(EXPRESSIONS) >= len(PANELS)
    recorded = [{"record": f"query:{n}", "expr": expression.replace("$instance", ".*")}
                for n, expression in enumerate(EXPRESSIONS)]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "q", "rules": recorded}]}))
    done = promtool("check", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(path.read_text().replace("count(", "counts(", 1))
    assert promtool("check", "rules", str(path)).returncode != 0


def test_the_dashboards_panels_lie_beside_each_other() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert all(panel["title"] and panel["description"] for panel in PANELS)
    places = [panel["gridPos"] for panel in PANELS]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert (one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
                or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"])


def test_the_dashboard_asks_for_its_data_source() -> None:
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource", "instance"}
    used = set(re.findall(r"\$\{?([a-z]+)", json.dumps(PANELS)))
    assert used == variables
