"""The examples are folded into profiles by rule: nothing is lost, and nothing clashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagegen.knowledge.pages import FieldPage, field_pages
from tests.guests import examples
from tests.guests.examples import (
    DEFAULTS,
    Clash,
    defaults,
    documents,
    folded,
    merged,
    profile_of,
    unbootable,
)
from tests.guests.examples_page import DOCUMENT, document, read, record, row


def page(example: object, **beside: object) -> FieldPage:
    return FieldPage("Meant.", "Lost.", example, "nowhere", beside=beside)


@pytest.fixture(autouse=True)
def no_mirror_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "in_release", lambda mirror, suite: b"")


def test_every_example_has_a_place_or_a_reason() -> None:
    release = "12"
    found = folded(field_pages(), release, documents())
    placed = [path for composite in found.composites for path in composite.paths]
    assert len(placed) == len(set(placed))
    assert {*placed, *found.left_out} == {DEFAULTS, *field_pages(), *documents()}
    assert {"imagegen init --yes", "README.md, profile 1"} <= documents().keys()
    assert len(found.composites) < 10
    for composite in found.composites:
        assert profile_of(composite.data, release).os.release == release


def test_what_clashes_is_kept_apart_and_the_rest_together() -> None:
    pages = {"kubeProxy.config.ipvs.scheduler": page("wrr"),
             "kubeProxy.verbosity": page(4, **{"kubeProxy.config.ipvs.scheduler": "sh"}),
             "os.files[].mode": page("0755", **{"os.files[].path": "/etc/a",
                                                "os.files[].content": "x"}),
             "os.files[].owner": page("www-data", **{"os.files[].path": "/etc/a",
                                                     "os.files[].content": "x"}),
             "os.files[].path": page("/etc/b", **{"os.files[].content": "x"})}
    first, one, two = folded(pages, "12").composites
    assert first.paths == [DEFAULTS, "os.files[].mode", "os.files[].owner", "os.files[].path"]
    files = {file["path"]: file for file in first.data["os"]["files"]}
    assert files["/etc/a"] == {"path": "/etc/a", "content": "x", "mode": "0755",
                               "owner": "www-data"}
    assert (one.paths, two.paths) == (["kubeProxy.config.ipvs.scheduler"], ["kubeProxy.verbosity"])


def test_an_example_is_not_put_where_it_has_no_effect() -> None:
    pages = {"kubeProxy.config.ipvs.strictARP": page(True),
             "kubeProxy.config.mode": page("nftables")}
    paths = [composite.paths for composite in folded(pages, "12").composites]
    assert paths == [[DEFAULTS], ["kubeProxy.config.ipvs.strictARP"], ["kubeProxy.config.mode"]]


def test_what_cannot_be_booted_says_why() -> None:
    pages = {"extends": page("base.yaml"), "os.release": page("13"),
             "kubeProxy.version": page("1.25.16"), "kubeProxy.path": page("relative")}
    left = folded(pages, "12").left_out
    assert left == {
        "extends": "it names another file; tests/profile/test_compose.py reads such files",
        "os.release": "it is for another release than Debian 12",
        "kubeProxy.version": "Kubernetes 1.25.16 cannot be built here",
        "kubeProxy.path": left["kubeProxy.path"]}
    assert "absolute" in left["kubeProxy.path"]


def test_a_mirror_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    said = unbootable({"image": {"base": {"mirror": "http://127.0.0.1:9/debian"}}}, "12")
    assert said.startswith("the Debian mirror http://127.0.0.1:9/debian does not answer")


def test_every_default_is_written_out() -> None:
    spelled = defaults("13")
    assert profile_of(spelled, "13") == profile_of({}, "13")
    assert spelled["kubeProxy"]["config"]["metricsBindAddress"] == "127.0.0.1:10249"
    assert spelled["os"]["swap"] == "off"


def test_lists_of_plain_values_are_not_mixed() -> None:
    assert merged({"a": [1]}, {"a": [1]}) == {"a": [1]}
    for old, new in (([1], [2]), ({"x": 1}, [1]), ("a", "b")):
        with pytest.raises(Clash):
            merged({"a": old}, {"a": new})


VERDICT = {"verdict": "green", "level": "table", "findings": [1, 2], "node": {"kernel": "6.1"}}


def test_a_run_takes_the_place_of_its_own_release(tmp_path: Path) -> None:
    path = tmp_path / "examples.md"
    pages = {"os.swap": page("leave | `x`"), "os.modules": page(["a"])}
    record("12", [row("12", 1, 2, VERDICT)], {"os.swap": "profile 1: green"}, pages, path)
    cells = {"os.modules": "profile 1: green", "os.swap": "no: it clashes"}
    record("13", [row("13", 1, 2, VERDICT), row("13", 2, 1, VERDICT)], cells, pages, path)
    known = read(path.read_text())
    assert [one[:2] for one in known.profiles] == [("debian 12", "1"), ("debian 13", "1"),
                                                   ("debian 13", "2")]
    assert known.cells["os.modules"] == {"11": "not run", "12": "not run",
                                         "13": "profile 1: green"}
    assert known.cells["os.swap"] == {"11": "not run", "12": "profile 1: green",
                                      "13": "no: it clashes"}
    assert known.values["os.swap"] == '`"leave ¦  x "`'
    assert document(known) == path.read_text()
    record("13", [row("13", 1, 2, VERDICT)], cells, pages, path)
    assert len(read(path.read_text()).profiles) == 2


def test_the_document_is_as_the_command_writes_it() -> None:
    text = DOCUMENT.read_text()
    assert document(read(text)) == text
