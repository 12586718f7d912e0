"""The page in a real Chromium: drawn, filtered, by keyboard, in the dark, narrow, on paper."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pypdf
import pytest
from selenium.webdriver.common.keys import Keys

from tests.report import fleet
from tests.report.browser import Browser
from tests.report.pages import written

pytestmark = pytest.mark.usefixtures("quiet")
ALL_FAULTS = tuple(range(len(fleet.FAULTS)))


def rows(page: Browser) -> list[str]:
    return [str(one) for one in page.run(
        "return [...document.querySelectorAll('.row .name')].map((one) => one.textContent)")]


def test_red_first(page: Browser) -> None:
    assert page.text("#sum") == "40 verdicts: 6 red, 34 green"
    assert rows(page)[:7] == ["node-0013", "node-0033", "node-0005", "node-0025", "node-0018",
                              "node-0038", "node-0011"]
    assert page.text("#node-title").split() == ["✖", "RED", "node-0013"]
    assert "2025-10-09 08:53:33 UTC" in page.text(".about")
    first = page.text(".finding")
    assert all(text in first for text in (
        "sysctl.net.ipv4.ip_forward", "0, set by /etc/sysctl.d/99-hardening.conf", "expected",
        "without it the node drops", "sysctl -w net.ipv4.ip_forward=1", "the recipe, 2.1"))


def test_a_check_that_logs_or_asks_is_seen(chromium: Browser, tmp_path: Path) -> None:
    """The two watchers of every other test can fail."""
    path = tmp_path / "bad.html"
    path.write_text('<html data-drawn="yes"><img src="http://127.0.0.1:9/x.png">'
                    '<script>console.error("said")</script>')
    chromium.open(path)
    assert any("said" in line for line in chromium.console())
    assert chromium.requests() == ["http://127.0.0.1:9/x.png"]


def type_(page: Browser, text: str) -> None:
    page.keys("/")
    page.keys(*text)
    page.soon("document.getElementById('search').value === arguments[0] && "
              "document.getElementById('count').textContent !== ''", text)


@pytest.mark.parametrize(("text", "shown", "count"), [
    ("hardening", ["node-0013", "node-0033", "node-0005", "node-0025"], 4),
    ("node:0018", ["node-0018"], 1),
    ("rule:scheduler result:red", ["node-0013", "node-0033"], 2),
    ('"set by" node:0025', ["node-0025"], 1),
    ("6.1.0-18", ["node-0003", "node-0020", "node-0037"], 3),
    ("no such word", [], 0),
])
def test_search(page: Browser, text: str, shown: list[str], count: int) -> None:
    type_(page, text)
    page.soon("document.getElementById('count').textContent === arguments[0]",
              f"{count} of 40 nodes")
    assert rows(page) == shown


def choose_rule(page: Browser, rule: str) -> None:
    """By keyboard: the list that a click opens is no part of the page."""
    page.run("document.getElementById('rule').focus()")
    page.keys(rule)
    page.soon("document.getElementById('rule').value === arguments[0]", rule)


def test_filter_by_result_and_by_rule(page: Browser) -> None:
    for result in (0, 2, 3):
        page.click(f"[data-result='{result}']")
    assert rows(page) == ["node-0018", "node-0038"]
    assert [page.count(".finding"), page.count(".finding.unknown")] == [1, 1]
    assert f"The filter hides {len(fleet.facts()) - 1} findings" in page.text(".note")
    page.click("#clear")
    assert page.text("#count") == "" and len(rows(page)) > 10
    choose_rule(page, "scheduler")
    assert page.text("#count") == "40 of 40 nodes" and page.count(".finding") == 1


def focus(page: Browser) -> str:
    return str(page.run("return document.activeElement.id || document.activeElement.className || "
                        "document.activeElement.tagName"))


def test_by_keyboard(page: Browser) -> None:
    page.keys(Keys.TAB)
    assert focus(page) == "skip" and page.text(":focus") == "Skip to the findings"
    page.keys(Keys.ENTER)
    assert focus(page) == "view"
    page.keys("j", "j", "k", Keys.ARROW_DOWN)
    assert page.text(".row.chosen .name") == "node-0005"
    assert page.text("#node-title").split()[-1] == "node-0005"
    page.keys(Keys.ENTER)
    assert focus(page) == "node-title"
    page.keys(Keys.ESCAPE)
    assert focus(page) == "list"
    page.keys(Keys.END)
    assert page.text(".row.chosen .name") == "node-0040"
    active = page.run("return document.getElementById("
                      "document.getElementById('list').getAttribute('aria-activedescendant'))"
                      ".getAttribute('aria-selected')")
    assert active == "true"
    for key, title in (("f", "Facts"), ("d", "Differences")):
        page.keys(key)
        assert page.text(":focus") == title
    page.keys("n", "/")
    assert focus(page) == "search"
    page.keys("x", "j")
    assert page.run("return document.getElementById('search').value") == "xj"
    page.keys(Keys.ESCAPE)
    page.soon("document.getElementById('search').value === ''")
    page.keys(Keys.ESCAPE, "?")
    page.soon("document.getElementById('keys').open")
    page.keys(Keys.ESCAPE)
    assert not page.run("return document.getElementById('keys').open")


def test_the_focus_is_always_in_sight(page: Browser) -> None:
    seen = set()
    for _ in range(20):
        page.keys(Keys.TAB)
        seen.add(focus(page))
        outline = page.run("const style = getComputedStyle(document.activeElement); "
                           "return [style.outlineStyle, parseFloat(style.outlineWidth)]")
        assert outline[0] == "solid" and outline[1] >= 2, focus(page)
    assert {"skip", "theme", "help", "search", "rule", "list", "compare"} <= seen


def luminance(page: Browser) -> float:
    colour = page.run("return getComputedStyle(document.body).backgroundColor")
    return sum(float(part) for part in colour[4:-1].split(",")) / 3 / 255


def test_dark_as_the_system_or_as_chosen(page: Browser) -> None:
    assert luminance(page) > 0.9
    page.scheme("dark")
    assert luminance(page) < 0.1
    page.keys("t")
    assert page.text("#theme") == "Theme: light" and luminance(page) > 0.9
    page.scheme("light")
    page.keys("t")
    assert page.text("#theme") == "Theme: dark" and luminance(page) < 0.1
    page.keys("t")
    assert page.text("#theme") == "Theme: auto" and luminance(page) > 0.9


def test_facts_over_the_fleet(page: Browser) -> None:
    page.keys("f")
    page.click(".finding summary")
    page.soon("document.querySelectorAll('.variant').length === 2")
    shown = page.text(".finding")
    assert all(text in shown for text in ("4 red", "36 ok", "on 4 nodes", "on 36 nodes",
                                          "99-hardening.conf", "node-0033", "and 24 more"))
    page.click(".variant .link", page.count(".variant .link") - 1)
    assert "node-0040" in page.text(".finding") and "more" not in page.text(".finding")
    page.click(".variant .link")
    assert page.text("#node-title").split()[-1] == "node-0013"


def test_differences_of_many_are_groups(page: Browser) -> None:
    page.keys("d")
    shown = page.text("#view")
    assert all(text in shown for text in (
        "kernel – 2 kinds", f"{fleet.KERNEL} on 37 nodes", f"{fleet.OLD_KERNEL} on 3 nodes",
        "4 facts found otherwise"))
    assert "profile – " not in shown


def test_differences_of_chosen_nodes_are_columns(page: Browser) -> None:
    page.keys("c", "j", "j", "c", "d")
    heads = page.run("return [...document.querySelectorAll('.sides thead th')]"
                     ".map((one) => one.innerText)")
    assert [" ".join(head.split()) for head in heads] == ["Fact", "✖ RED node-0013",
                                                   "✖ RED node-0005"]
    facts = page.run("return [...document.querySelectorAll('.sides tbody th')]"
                     ".map((one) => one.innerText)")
    assert facts == ["ipvs.scheduler"]


def test_the_table_is_sorted_by_any_column(page: Browser) -> None:
    order = ("return [...document.querySelectorAll('.virtual')].map((one) => "
             "[one.children[1].innerText, Number(one.children[6].innerText)])")
    assert [one[0] for one in page.run(order)][:3] == [
        "10.96.0.1:53", "10.96.0.1:443", "10.96.0.2:80"]
    page.click("[data-name='active']")
    up = [one[1] for one in page.run(order)]
    page.click("[data-name='active']")
    down = [one[1] for one in page.run(order)]
    assert (up, down) == (sorted(up), sorted(down, reverse=True)) and up != down
    assert page.run("return document.querySelector('[aria-sort]').ariaSort") == "descending"
    assert page.count(".real") == 60


def test_the_timeline(page: Browser) -> None:
    words = page.text(".times")
    assert all(text in words for text in ("boot: the check began", "ipvs.api-service: waited",
                                          "kube-proxy.service: active 27.1 s after",
                                          "no virtual server TCP 10.96.0.1:443", "check: "))
    assert page.count(".chart.broad .bar") == 6 and page.count(".chart.broad .tick") >= 3


def test_one_node_needs_no_list(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(written(tmp_path, fleet.verdict(4, ALL_FAULTS)))
    assert [chromium.count("#list"), chromium.count(".tab")] == [0, 0]
    chromium.keys("j", "f", "d", "c", Keys.ESCAPE)
    assert chromium.text("#node-title").split()[-1] == "node-0004"
    bad = [chromium.count(f".finding.{name}") for name in ("red", "unknown", "warning")]
    assert bad == [2, 1, 1]


def test_what_could_not_be_read_is_told_at_the_top(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(written(tmp_path, *fleet.fleet(2), broken='{"format": 1,'))
    assert chromium.text("#sum").endswith(", 1 not read")
    assert "1 input could not be read" in chromium.text(".unread")
    assert "<stdin>:3:" in chromium.text(".unread")


def paper(page: Browser) -> str:
    """The text of the printed page; where lines break is not ours."""
    reader = pypdf.PdfReader(io.BytesIO(page.pdf()))
    text = " ".join(" ".join(sheet.extract_text().split()) for sheet in reader.pages)
    return unicodedata.normalize("NFKC", text)  # "fi" is one letter there


def test_a_fleet_on_paper(page: Browser) -> None:
    text = paper(page)
    assert all(f"node-{number:04}" in text for number in range(1, 41))
    assert text.count("take it out of that file") == 4
    assert "Search" not in text and "Theme" not in text
    assert page.count("#printed > *") == 0, "what was written out for paper is taken away again"


def test_one_node_on_paper_is_whole(chromium: Browser, tmp_path: Path) -> None:
    chromium.scheme("dark")
    chromium.open(written(tmp_path, fleet.verdict(4, ALL_FAULTS)))
    text = paper(chromium)
    for fact in fleet.facts():
        assert fact.id.replace(" ", "") in text.replace(" ", ""), fact.id
    assert all(word in text for word in ("10.244.3.4", "the check began", "permission denied"))


VIEWS = {"nodes": ("j", "k", Keys.ENTER), "facts": ("f",), "differences": ("d",),
         "columns": ("c", "j", "c", "d"), "keys": ("?",)}


def seen_whole(page: Browser, path: Path, keys: tuple[str, ...]) -> None:
    """A view with all of its folds open."""
    page.open(path)
    page.keys(*keys)
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.soon("document.querySelector('details[open] .body, .sides, #keys[open], .difference')")


@pytest.mark.parametrize("width", [360, 768, 1600])
@pytest.mark.parametrize("view", VIEWS)
def test_no_page_is_wider_than_the_screen(chromium: Browser, tmp_path: Path, width: int,
                                          view: str) -> None:
    endless = {**fleet.verdict(5, ALL_FAULTS), "profile": "p" * 300}
    endless["node"] = {**endless["node"], "hostname": "h" * 500, "kernel": "k" * 500}
    endless["findings"][0] = {**endless["findings"][0], "id": "i" * 900, "saw": "s" * 3000}
    chromium.size(width)
    seen_whole(chromium, written(tmp_path, endless, *fleet.fleet(8)), VIEWS[view])
    assert chromium.run("return document.documentElement.scrollWidth") <= width
    smallest = chromium.run(
        "return Math.min(...[...document.querySelectorAll('#view *, .filter *')].filter((one) => "
        "one.checkVisibility() && one.textContent.trim()).map((one) => "
        "parseFloat(getComputedStyle(one).fontSize)))")
    assert smallest >= 11


# The contrast of WCAG 2.2 (1.4.3) between every text in sight and the ground that it stands on.
CONTRAST = """
const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const parts = (colour) => colour.match(/[0-9.]+/g).map(Number);
const light = (colour) => { const [r, g, b] = parts(colour).map((part) => linear(part / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const clear = (colour) => parts(colour).length === 4 && parts(colour)[3] === 0;
const ground = (element) => { for (let at = element; at; at = at.parentElement) {
  const colour = getComputedStyle(at).backgroundColor; if (!clear(colour)) return colour; }
  return "rgb(255, 255, 255)"; };
const found = {};
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement;
  const seen = element.checkVisibility({ visibilityProperty: true });
  if (!walk.currentNode.data.trim() || !seen) continue;
  const style = getComputedStyle(element);
  const colour = element instanceof SVGElement ? style.fill : style.color;
  const [a, b] = [light(colour), light(ground(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  found[`${element.tagName}.${element.getAttribute("class")} ${colour}`] = ratio;
}
return found;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_text_can_be_read(chromium: Browser, tmp_path: Path, view: str, scheme: str) -> None:
    chromium.scheme(scheme)
    chromium.size(1280)
    verdicts = [fleet.verdict(4, ALL_FAULTS), *fleet.fleet(8)]
    seen_whole(chromium, written(tmp_path, *verdicts, broken="{"), VIEWS[view])
    ratios = chromium.run(CONTRAST)
    assert len(ratios) > 10
    assert {what: ratio for what, ratio in ratios.items() if ratio < 4.5} == {}


def test_a_pale_text_is_seen(page: Browser) -> None:
    page.run("document.getElementById('sum').style.color = '#8a8a8a'")
    assert [what for what, ratio in page.run(CONTRAST).items() if ratio < 4.5] == [
        "P.sum rgb(138, 138, 138)"]


def test_no_result_is_told_by_colour_alone(page: Browser) -> None:
    said = page.run("return [...document.querySelectorAll('.badge')].map((one) => one.innerText)")
    assert all(any(word in text.lower() for word in ("red", "unknown", "warning", "ok", "green",
                                                 "older than", " ago"))
               for text in said)
    assert all(page.run("return [...document.querySelectorAll('.finding')].map((one) => "
                        "one.querySelector('.badge') !== null)"))


def test_only_rows_in_sight_are_drawn(chromium: Browser, tmp_path: Path) -> None:
    chromium.size(1280)
    many = [fleet.verdict(number, services=1) for number in range(1, 301)]
    chromium.open(written(tmp_path, *many))
    assert 10 < chromium.count(".row") < 40
    chromium.turn_wheel("#list", 1_000_000)
    chromium.soon("document.querySelector('.rows').innerText.includes('node-0300')")
    assert chromium.count(".row") < 40
