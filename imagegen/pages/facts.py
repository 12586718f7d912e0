"""The page of a fact, by the id that a verdict and `imagegen diff` show."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from imagegen.common.errors import InputError
from imagegen.node.expectations import expectations
from imagegen.node.explain import explained
from imagegen.node.model import Fact
from imagegen.pages.shipped import profile_names, profile_text
from imagegen.profile.check import check_bytes
from imagegen.profile.fields import shown
from imagegen.profile.load import load_profile
from imagegen.profile.model import Profile
from imagegen.render.node import EXPECTATIONS
from imagegen.render.render import render


def fact_text(query: str, path: Path | None, width: int) -> str:
    """The page of a fact's rule, with the values of a profile that has the fact.

    It is the given profile, else the first of those that come with imagegen. Empty where no fact
    has such an id. Raises InputError where only another id is near.
    """
    known: set[str] = set()
    for title, profile in _profiles(path):
        facts = _facts_of(profile)
        known |= {fact.id for fact in facts}
        if query in known:
            text = explained(query, facts.copy, width).rstrip("\n")
            return f"{text}\n\nValues as in {title}."
    if near := difflib.get_close_matches(query[:80], sorted(known), 1, cutoff=0.85):
        raise InputError(f"{shown(query)} is no field, rule or fact",
                         hint=f"did you mean {near[0]}?")
    return ""


def _profiles(path: Path | None) -> Iterator[tuple[str, Profile]]:
    if path is not None:
        yield str(path), load_profile(path)
        return
    for name in ("quickstart", *profile_names()):
        checked = check_bytes(name, profile_text(name).encode())
        yield f"the profile {name}, which comes with imagegen; --profile takes yours", \
            checked.sound()


def _facts_of(profile: Profile) -> list[Fact]:
    """The facts as the node's own check reads them."""
    data = render(profile).node.files[EXPECTATIONS].data
    return expectations(data, EXPECTATIONS).facts
