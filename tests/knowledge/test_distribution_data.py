"""The table of distributions against what the distributions say of themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from imagegen.knowledge.distributions import RELEASES, Proof, Release
from tests.distributions import ALL, NAMES
from tests.knowledge.data import Observation, observations
from tests.knowledge.page import FOLDER, write_pages
from tests.knowledge.read_debian import Archive, read_index
from tests.knowledge.values import list_believed, list_values, observed

RELEASE = pytest.mark.parametrize("release", ALL, ids=NAMES)


def differs(release: Release, name: str, seen: Observation) -> bool:
    """Whether the table says otherwise. A mask may name a unit that only a sibling release has."""
    values = list_values(release)
    if name not in values:
        return True
    if name.startswith("masked.") and seen.value is False:
        siblings = [one for one in ALL if one.distribution is release.distribution]
        return not any(name in observed(one) and observed(one)[name].value for one in siblings)
    return bool(values[name] != seen.value)


@RELEASE
def test_the_table_says_what_the_distribution_says(release: Release) -> None:
    wrong = {name: (list_values(release).get(name, "not in the table"), seen.value)
             for name, seen in observed(release).items() if differs(release, name, seen)}
    assert wrong == {}


def test_every_release_has_data_and_all_data_is_of_a_release() -> None:
    assert set(observations()) == set(NAMES)


def words_of(value: Any) -> list[str]:
    """What must stand in the source's own words."""
    if isinstance(value, bool) or value in (None, ""):
        return []
    return [word for one in (value if isinstance(value, list) else [value])
            for word in str(one).split()]


@RELEASE
def test_each_value_stands_in_its_sources_words(release: Release) -> None:
    """A line of data that was typed without looking has no words that bear it out."""
    bare = [name for name, seen in observed(release).items()
            if not seen.says or not seen.where
            or any(word not in seen.says for word in words_of(seen.value))]
    assert bare == []


def test_the_record_is_what_this_machines_apt_says() -> None:
    """Of one release; `python -m tests.knowledge.read_debian` reads all three anew."""
    text = Path("/etc/os-release").read_text()
    own = re.findall(r'^(?:ID|VERSION_ID)="?(\w+)"?$', text, re.M)
    titles = [name for name in NAMES if set(name.split()) <= set(own)]
    assert titles, "the tests run on Debian"
    kept = observations()[titles[0]]
    index = list(read_index(Archive(titles[0].split()[1], None)))
    assert len(index) > 10
    assert {fact["value"]: fact["is"] for fact in index} == {
        fact["value"]: kept[fact["value"]].value for fact in index}


def test_the_pages_are_the_tables_and_the_datas() -> None:
    pages = write_pages()
    written = [FOLDER / "distributions.md", *(FOLDER / "distributions").iterdir()]
    assert {path: path.read_text() for path in written} == pages, (
        "run `python -m tests.knowledge.page`")


@RELEASE
def test_no_release_is_called_more_than_its_data_bears_out(release: Release) -> None:
    """That a booted one was booted stands in test_matrix.py."""
    if release.proof is not Proof.BOOTED:
        believed = list_believed(release)
        assert release.proof is (Proof.RENDERED if believed else Proof.VALIDATED), believed
    else:
        assert list_believed(release) == []


def test_debian_is_booted_and_nothing_of_it_is_only_believed() -> None:
    booted = [release.title for release in RELEASES.values() if release.proof is Proof.BOOTED]
    assert booted == ["debian 11", "debian 12", "debian 13"]
