"""Every field of the model has a page, every page a field, and every example renders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field as Of

from imagegen.common.errors import InputError
from imagegen.knowledge import pages
from imagegen.knowledge.pages import FieldPage, field_pages, rule_pages
from imagegen.pages.walk import Field, fields
from imagegen.profile.addresses import Cidr
from imagegen.profile.fields import LineText, Section
from imagegen.render import render as render_module
from imagegen.render.archive import check_archive
from tests.pages.grafts import grafted
from tests.profiles import parsed

FIELDS = list(fields())
LEAVES = {field.path for field in FIELDS if not field.section}
SECTIONS = {field.path for field in FIELDS if field.section}


@pytest.fixture(scope="module", autouse=True)
def one_archive() -> Iterator[None]:
    """The check is the same in all of them: packed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render_module, "check_archive", cache(check_archive))
        yield


def without_a_page(known: list[Field]) -> set[str]:
    return {field.path for field in known if not field.section} - field_pages().keys()


def test_every_field_has_a_page() -> None:
    assert without_a_page(FIELDS) == set(), "add them to imagegen/knowledge/pages/fields/"
    assert without_a_page([Field("os.new", "text")]) == {"os.new"}


def test_every_page_has_a_field() -> None:
    assert field_pages().keys() - LEAVES - SECTIONS == set()


@pytest.mark.parametrize("path", sorted(field_pages()))
def test_a_page_says_it_all(path: str) -> None:
    page = field_pages()[path]
    for text in (page.meaning, page.without, page.source):
        assert isinstance(text, str) and len(text) > 5, path
    assert page.meaning.endswith(".") and page.without.endswith(".")
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", page.meaning)) <= 4
    assert page.example is not None
    for version in (page.since, page.until):
        assert version == "" or re.fullmatch(r"1\.[0-9]+", version)


# `extends` needs files: tests/profile/test_compose.py
@pytest.mark.parametrize("path", sorted(LEAVES - {"extends"}))
def test_every_example_is_rendered(path: str) -> None:
    profile = parsed(grafted(path, field_pages()[path]))
    assert render_module.render(profile).tree.files


def test_an_example_that_does_not_fit_is_seen() -> None:
    page = FieldPage("Meant.", "Lost.", "wwr", "nowhere")
    with pytest.raises(InputError, match="is not one of"):
        parsed(grafted("kubeProxy.config.ipvs.scheduler", page))
    with pytest.raises(InputError, match="`path` goes with"):
        parsed(grafted("image.base.path", FieldPage("Meant.", "Lost.", "/x", "nowhere")))


def test_a_page_that_is_not_whole_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for page in ({"meaning": "x"}, "text", {"meaning": 1, "bogus": 2}):
        monkeypatch.setattr(pages, "_read", lambda kind, page=page: [("os.x", page)])
        with pytest.raises(ValueError, match=r"the page of os\.x is not whole"):
            field_pages.__wrapped__()


def test_the_rules_pages_can_be_read() -> None:
    assert all(page.title and page.why and page.do for page in rule_pages().values())


class Choice(StrEnum):
    """For the walk."""

    A = "a"
    B = "b"


class Inner(Section):
    """What is inside."""

    ranges: tuple[Cidr, ...] = ()
    count: Annotated[int, Of(ge=1, le=9)] | None = None


class Outer(Section):
    """One of each kind of field."""

    must: LineText
    pick: Choice = Choice.A
    picks: tuple[Choice, ...] = (Choice.B,)
    one: Literal["x"] = "x"
    either: bool | int = True
    inner: Inner = Inner()
    maybe: Inner | None = None
    many: tuple[Inner, ...] = ()
    free: dict[str, LineText] = Of(default_factory=dict)
    named: dict[str, Inner] = Of(default_factory=dict)


def test_the_walk_knows_every_kind() -> None:
    found = {field.path: field for field in fields(Outer)}
    words: dict[str, Any] = {path: (field.words, field.default_words)
                             for path, field in found.items() if not field.section}
    assert words == {
        "must": ("one line of text", "none: it must be given"),
        "pick": ("one of the choices", '"a"'),
        "picks": ("a list of choices (a, b)", '["b"]'),
        "one": ("always x", '"x"'),
        "either": ("true or false, or a whole number", "true"),
        "inner.ranges": ("a list of address ranges", "[]"),
        "inner.count": ("a whole number", "unset"),
        "maybe.ranges": ("a list of address ranges", "[]"),
        "maybe.count": ("a whole number", "unset"),
        "many[].ranges": ("a list of address ranges", "[]"),
        "many[].count": ("a whole number", "unset"),
        "free.*": ("one line of text", "unset"),
        "named.*.ranges": ("a list of address ranges", "[]"),
        "named.*.count": ("a whole number", "unset"),
    }
    assert found["inner.count"].limits == "at least 1, at most 9"
    assert found["pick"].choices == ("a", "b")
    assert found["many[].count"].parent == "many" and found["many[].count"].name == "count"
    assert [path for path, field in found.items() if field.section] == [
        "inner", "maybe", "many", "free", "named"]
    assert found["inner"].doc == "What is inside."
