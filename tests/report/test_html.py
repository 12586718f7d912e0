"""The page's bytes, without a browser: what is read, what is refused and where, what is packed."""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegen.common.assets import asset, asset_bytes
from imagegen.report import html
from imagegen.report.html import SCRIPTS, STYLES, html_page
from imagegen.report.html_read import Named, Unread, read_all
from imagegen.report.html_table import Tables
from tests.hostile import texts
from tests.report import fleet
from tests.report.test_verdict import GOOD, odd, places
from tests.verbs import called

LINES = ("TCP 10.0.0.1:80 rr", "  -> 10.0.0.2:80 Masq 1 0 0", "  -> 1 2 3 4 5", "FWM 1 2")
TAGS = re.compile(r"<(/?[a-zA-Z!][^\s>]*)")


def page_of(*verdicts: dict[str, Any]) -> html.Page:
    return html_page(answers("\n".join(map(json.dumps, verdicts))))


def answers(text: str | bytes) -> list[Named | Unread]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_all([Path("-")], io.BytesIO(data)))


def block(page: html.Page, name: str = "data") -> dict[str, Any]:
    """A block of data as a browser would find it."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>',
                      page.data.decode(), re.S)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


def refused(text: str | bytes) -> list[str]:
    """Every sentence about an input, with its place."""
    found = [one for one in answers(text) if isinstance(one, Unread)]
    return [str(error) for one in found for error in one.errors]


def test_the_same_verdicts_give_the_same_bytes(tmp_path: Path) -> None:
    folder = fleet.written(tmp_path / "fleet", fleet.fleet(30))
    first, second = (html_page(read_all([folder], io.BytesIO())) for _ in range(2))
    assert first.data == second.data
    assert (first.nodes, first.red, first.unread) == (30, 4, ())


def test_what_nodes_share_is_said_once() -> None:
    one, many = page_of(*fleet.fleet(1)), page_of(*fleet.fleet(100))
    reasons = {fact.reason for fact in fleet.facts()}
    assert all(block(many)["words"].count(reason) == 1 for reason in reasons)
    assert len(block(many)["shapes"]) == 1
    assert len(block(many)["facts"]) == len(block(one)["facts"])
    assert sum(len(node["differs"]) for node in block(many)["nodes"]) < 100


def unpacked(data: dict[str, Any], node: dict[str, Any]) -> list[dict[str, str]]:
    """A node's findings, as the page's script unpacks them."""
    numbers = list(data["shapes"][node["shape"]])
    for place, number in zip(node["differs"][::2], node["differs"][1::2], strict=True):
        numbers[place] = number
    words, facts, all_ = data["words"], data["facts"], data["findings"]
    found = []
    for number in numbers:
        fact, result, expected, saw, remedy = all_[number * 5 : number * 5 + 5]
        names = ("id", "rule", "why", "source", "title", "severity", "read")
        found.append({
            **{name: words[facts[fact * 7 + place]] for place, name in enumerate(names)},
            "result": data["results"][result], "expected": words[expected], "saw": words[saw],
            "remedy": words[remedy]})
    return found


def test_every_finding_can_be_unpacked() -> None:
    verdicts = fleet.fleet(40)
    data = block(page_of(*verdicts))
    for verdict, node in zip(verdicts, data["nodes"], strict=True):
        assert unpacked(data, node) == verdict["findings"]


def test_a_verdict_of_an_older_check_is_read() -> None:
    """It has no title, no severity, and does not say what was read."""
    older = {name: text for name, text in GOOD["findings"][0].items()
             if name not in ("title", "severity", "read")}
    data = block(page_of({**GOOD, "findings": [older]}))
    assert [one["title"] + one["severity"] for one in unpacked(data, data["nodes"][0])] == [""]
    assert data["nodes"][0]["waits"] == [["api_service", 7.1, "none yet"]]
    assert data["nodes"][0]["name"] == "n1"


def test_a_table_is_sorted_and_its_counts_are_apart() -> None:
    lines = ["UDP 10.96.0.10:53 rr", "TCP [fd00::1]:443 rr", "TCP 10.96.0.9:80 rr persistent 10800",
             "  -> 10.0.0.10:80 Masq 1 3 4", "  -> 10.0.0.9:80 Masq 2 1 0", "FWM 7 wlc",
             "  -> 10.0.0.9:0 Route 1 x 0", "  moon"]
    tables = Tables()
    assert [tables.add(lines), tables.add([*lines[:3], *reversed(lines[3:5]), *lines[5:]])] == [
        (0, 0), (0, 1)]
    packed = tables.packed()
    assert [packed["words"][number].split("\n") for number in packed["shapes"][0]] == [
        ["s", "TCP", "10.96.0.9:80", "rr", "persistent 10800"], ["d", "10.0.0.9:80", "Masq", "2"],
        ["d", "10.0.0.10:80", "Masq", "1"], ["s", "UDP", "10.96.0.10:53", "rr", ""],
        ["s", "TCP", "[fd00::1]:443", "rr", ""], ["s", "FWM", "7", "wlc", ""],
        ["x", "  -> 10.0.0.9:0 Route 1 x 0"], ["x", "  moon"]]
    assert packed["counts"] == [[1, 0, 3, 4], [1, 0, 3, 4]]


def test_the_policy_is_of_exactly_this_script_and_style() -> None:
    page = page_of(GOOD).data.decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None and "default-src &#39;none&#39;" in policy[1]
    for tag in ("script", "style"):
        text = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)[-1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy[1]
    assert "unsafe" not in policy[1]


def test_every_script_and_style_is_in_the_page_and_ends_nothing() -> None:
    for kind, names, end in (("script", SCRIPTS, b"</script"), ("style", STYLES, b"</style")):
        files = {path.stem for path in asset(f"templates/report/{kind}").iterdir()}
        assert files == set(names)
        for path in asset(f"templates/report/{kind}").iterdir():
            assert end not in asset_bytes(f"templates/report/{kind}/{path.name}").lower()


def test_no_line_is_longer_than_it_should_be() -> None:
    long = [(path.name, line) for path in asset("templates/report").rglob("*.*")
            for line in path.read_text().splitlines() if len(line) > 100]
    assert long == []


def test_no_script_makes_markup_of_text() -> None:
    text = b"".join(asset_bytes(f"templates/report/script/{name}.js") for name in SCRIPTS).decode()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                 "Function(", "fetch(", "XMLHttpRequest", "import(", "setTimeout(\""):
        assert word not in text, word


@pytest.mark.parametrize(("text", "sentence", "place"), [
    ("", "it is empty", "<stdin>:1:1"),
    ('{"format": 1, "level": "tab', "the JSON ends too early", "<stdin>:1:24"),
    ('{"format": 1,\n "level" "x"}', "it is not JSON (expecting ':' delimiter)", "<stdin>:2:10"),
    ("[]", "it is a list, not an object", "<stdin>:1:1"),
    ("7", "it is a bare value", "<stdin>:1:1"),
    ('{"a": 1}', "format is missing", "<stdin>:1:1"),
    ('{"format": 2}', "its format is 2, and this imagegen knows formats up to 1", "<stdin>:1:12"),
    ('{"format": true}', "format is no number of a format", "<stdin>:1:12"),
    (b'{"format": "\xff"}', "it is not UTF-8", "<stdin>:1:13"),
    ("[" * 100_000, "it nests too deep", "<stdin>:1:1"),
    ("\x00", "it is not JSON", "<stdin>:1:1"),
])
def test_what_is_no_verdict_is_told_with_its_place(text: str | bytes, sentence: str,
                                                   place: str) -> None:
    said = refused(text)
    assert len(said) == 1
    assert said[0].startswith(f"error: this is no verdict: {sentence}")
    assert f"\n{place}\n" in said[0]


def line_and_column(text: str, needle: str) -> str:
    before = text[: text.index(needle)]
    return f"<stdin>:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@pytest.mark.parametrize(("path", "value", "sentence"), [
    (("findings", 0, "saw"), ["odd"], "findings[0].saw is no text"),
    (("findings", 0, "result"), "odd", "findings[0].result is not one of: ok, red, warning or"),
    (("level",), "odd", "level is not one of: bake, kernel or table"),
    (("seconds", "uptime"), "odd", "seconds.uptime is no number"),
    (("table", "virtualServers"), -77, "table.virtualServers is below zero"),
    (("table", "text"), {"odd": 1}, "table.text is no list"),
    (("node",), "odd", "node is no object"),
    (("verdict",), "odd", "verdict is neither green nor red"),
])
def test_a_wrong_type_is_told_with_the_place_of_the_value(
    path: tuple[Any, ...], value: Any, sentence: str
) -> None:
    document = copy.deepcopy(GOOD)
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    text = json.dumps(document, indent=2)
    said = refused(text)
    assert len(said) == 1 and f"this is no verdict: {sentence}" in said[0]
    begins = {str: '"odd"', int: "-77", list: '[\n        "odd"', dict: '{\n      "odd"'}
    assert line_and_column(text, begins[type(value)]) in said[0]


def test_a_green_that_its_findings_deny_is_not_shown_as_green() -> None:
    said = refused(json.dumps({**GOOD, "findings": [{**GOOD["findings"][0], "result": "red"}]}))
    assert "it says green, and its findings do not" in said[0]


def test_what_only_warns_does_not_decide() -> None:
    """The check's own rule: unknown to a rule that only warns leaves a node green."""
    light = {**GOOD["findings"][0], "id": "light", "result": "unknown", "severity": "warning"}
    assert refused(json.dumps({**GOOD, "findings": [GOOD["findings"][0], light]})) == []
    assert len(refused(json.dumps({**GOOD, "findings": [light]}))) == 1
    assert len(refused(json.dumps({**GOOD, "findings": [
        GOOD["findings"][0], {**light, "severity": "moon"}]}))) == 1


def test_numbers_that_are_none() -> None:
    for number in ("NaN", "Infinity", "-1", "1e999", "9" * 5000):
        text = json.dumps(GOOD).replace('"uptime": 61.2', f'"uptime": {number}')
        assert len(refused(text)) == 1, number
    for number in ("1.5", "-1", "253402300800", "9" * 5000):
        text = json.dumps({**GOOD, "time": 7}).replace('"time": 7', f'"time": {number}')
        assert len(refused(text)) == 1, number
    for number in ("1.5", "9" * 5000, "true", "-3"):
        text = json.dumps(GOOD).replace('"virtualServers": 1', f'"virtualServers": {number}')
        assert len(refused(text)) == 1, number


def test_one_broken_line_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    lines = [json.dumps(one) for one in fleet.fleet(3)]
    file = tmp_path / "fleet.jsonl"
    file.write_text("\n".join([lines[0], lines[1][:500], "", lines[2]]) + "\n")
    read = list(read_all([file], io.BytesIO()))
    assert [(type(one).__name__, one.source) for one in read] == [
        ("Named", f"{file}:1"), ("Unread", f"{file}:2"), ("Named", f"{file}:4")]
    out = tmp_path / "report.html"
    said = called("report", str(file), "-o", str(out))
    assert (said.code, said.out) == (2, f"{out}: 2 verdicts, 0 red\n")
    assert said.err.startswith("error: this is no verdict: it is not JSON")
    assert f"\n{file}:" in said.err
    told = block(html.Page(out.read_bytes(), 0, 0, 0, ()))["unread"]
    assert [one["source"] for one in told] == [f"{file}:2"]


def test_the_verb_reads_files_folders_and_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fleet.written(tmp_path / "fleet", fleet.fleet(5))
    (folder / "deeper").mkdir()
    (folder / "notes.txt").write_text("not read")
    (folder / ".hidden.json").write_text("not read")
    (folder / "deeper/one.json").write_text(json.dumps(fleet.verdict(9), indent=2))
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(fleet.verdict(7)).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    out = tmp_path / "report.html"
    said = called("report", str(folder), "-", "-o", str(out))
    assert (said.code, said.out, said.err) == (0, f"{out}: 7 verdicts, 1 red\n", "")
    page = html.Page(out.read_bytes(), 0, 0, 0, ())
    assert [node["name"] for node in block(page)["nodes"]][-1] == "node-0007"
    again = called("report", str(folder), "-o", "-")
    assert again.out.startswith("<!DOCTYPE html>")


def test_a_page_takes_no_other_files_place_unasked(tmp_path: Path) -> None:
    verdict, out = tmp_path / "verdict.json", tmp_path / "report.html"
    verdict.write_text(json.dumps(fleet.verdict(1)))
    out.write_text("mine")
    said = called("report", str(verdict), "-o", str(out))
    assert (said.code, out.read_text()) == (2, "mine")
    assert said.err == (f"error: {out} is already there\n"
                        "hint: --force replaces it, -o names another file\n")
    said = called("report", str(verdict), "-o", str(out), "--force", "--title", "Berlin")
    assert said.code == 0 and "<h1>Berlin</h1>" in out.read_text()


def test_an_output_that_cannot_be_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    for out, sentence in ((tmp_path, f"error: {tmp_path} is a folder\nhint: name a file in it"),
                          (tmp_path / "no/page.html", f"error: the folder {tmp_path}/no is not")):
        said = called("report", str(tmp_path / "none.json"), "-o", str(out), "--force")
        assert said.code == 2 and said.err.startswith(sentence), said.err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_where_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.json").write_text("{")
    out = tmp_path / "report.html"
    for name, sentence in (("none.json", "cannot read"), ("bad.json", "JSON"),
                           ("empty", "holds no verdict")):
        said = called("report", str(tmp_path / name), "-o", str(out))
        assert said.code == 2 and sentence in said.err and not out.exists()
    both = called("report", str(tmp_path / "bad.json"), "-o", str(tmp_path / "bad.json"))
    assert both.code == 2 and "is read; the page would take its place" in both.err


def test_text_that_steers_is_shown_by_its_escape_and_endless_text_is_cut() -> None:
    odd_words = "a\u202eb\x00c\x1b[31m\u2028d\ud800e\nf" + "x" * 100_000
    finding = {**GOOD["findings"][0], "saw": odd_words, "id": "\u2066id"}
    page = page_of({**GOOD, "findings": [finding], "node": {**GOOD["node"], "hostname": "h\u202e"}})
    words, node = block(page)["words"], block(page)["nodes"][0]
    saw = next(word for word in words if word.startswith("a"))
    assert saw.startswith("a\\u202eb\\x00c\\x1b[31m\\u2028d\\ud800e\nfxxx")
    assert saw.endswith(" characters more") and len(saw) < 9_000
    assert ("\\u2066id" in words, node["name"]) == (True, "h\\u202e")


@settings(deadline=None)
@given(st.sampled_from(places(fleet.verdict(3, (0, 3), services=3))), st.one_of(odd, texts(80)),
       st.booleans())
def test_any_damage_gives_a_page_or_a_sentence(
    place: tuple[str | int, ...], value: object, removed: bool
) -> None:
    document = fleet.verdict(3, (0, 3), services=3)
    holder: Any = document
    for key in place[:-1]:
        holder = holder[key]
    if removed:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    text = json.dumps(document)
    if said := refused(text):
        assert all(re.match(r"error: this is no verdict: .*\n<stdin>:1:\d+\n", one) for one in said)
    page = html_page(answers(text))
    only_ours(page)
    block(page), block(page, "tables")


def only_ours(page: html.Page) -> None:
    """The page's tags are the template's, whatever nodes say; what travels is ASCII without one."""
    rest, plain = parted(page)
    assert TAGS.findall(rest) == EXPECTED_TAGS
    assert {tag.lstrip("/") for tag in TAGS.findall(plain)} <= PLAIN_TAGS


def parted(page: html.Page) -> tuple[str, str]:
    """The page around the part that needs no script, and that part."""
    before, _, after = page.data.decode().partition('<article class="plain">')
    plain, _, behind = after.partition("</article>")
    return before + behind, plain


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_sentences(data: bytes) -> None:
    for one in answers(data):
        assert isinstance(one, Unread)
        assert all(error.what.startswith("this is no verdict: ") for error in one.errors)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 4000))
def test_a_verdict_cut_anywhere_is_refused(length: int) -> None:
    text = json.dumps(fleet.verdict(3, services=2), indent=1)
    assert len(refused(text[: min(length, len(text) - 1)])) >= 1


@settings(deadline=None)
@given(st.lists(st.one_of(texts(60), st.sampled_from(LINES)), max_size=12))
def test_any_lines_are_a_table(lines: list[str]) -> None:
    table = {"virtualServers": 1, "realServers": 1, "text": lines}
    page = page_of({**GOOD, "table": table})
    packed = block(page, "tables")
    shown = sum(map(len, packed["shapes"]))
    assert shown == len(lines)
    only_ours(page)


PLAIN_TAGS = {"p", "h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li", "br",
              "strong", "bdi"}
EXPECTED_TAGS = TAGS.findall(parted(page_of(GOOD))[0])
