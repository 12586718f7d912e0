"""Kept evidence: what is kept comes back, and what was typed by hand is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.store import (
    CURRENT,
    Evidence,
    compute_verdict,
    find_faults,
    keep_evidence,
    read_evidence,
)
from tests.node.verdicts import finding, made
from tests.profiles import rendered

FINDING = finding("f", "ok")


def verdict(digest: str) -> dict[str, Any]:
    """A green verdict of an image of this digest, as the check writes it."""
    return {**made(finding("a", "ok"), finding("b", "ok")), "digest": digest}


@pytest.fixture
def seen() -> Evidence:
    rendering = rendered("quickstart")
    image = {"image": "q.qcow2", "sha256": "a" * 64, "inputs": {"rendered": rendering.digest},
             "packages": {}, "packer": "1.6",
             "profile": rendering.profile.model_dump(mode="json", by_alias=True,
                                                     exclude_none=True)}
    return Evidence("matrix", "one", "c0ffee", "2026-12-01", image,
                    {"boot": verdict(rendering.digest)})


def test_what_is_kept_comes_back(seen: Evidence, tmp_path: Path) -> None:
    keep_evidence(seen, tmp_path)
    assert list(read_evidence("matrix", tmp_path)) == [seen]
    assert list(read_evidence("other", tmp_path)) == []


def test_the_same_evidence_gives_the_same_bytes(seen: Evidence, tmp_path: Path) -> None:
    first = keep_evidence(seen, tmp_path).read_bytes()
    assert keep_evidence(seen, tmp_path).read_bytes() == first


def test_evidence_of_these_sources_is_current_and_of_others_says_its_commit(
        seen: Evidence) -> None:
    assert seen.sources == CURRENT
    other = replace(seen, image={**seen.image, "inputs": {"rendered": "0" * 64}})
    assert other.sources == "changed since c0ffee"
    unread = replace(seen, image={**seen.image, "profile": {"kind": "Nothing"}})
    assert unread.sources == "no longer rendered"


def test_honest_evidence_has_no_fault(seen: Evidence) -> None:
    assert find_faults(seen) == []


@pytest.mark.parametrize(("change", "says"), [
    ({"digest": "0" * 64}, "another image"),
    ({"verdict": "red"}, "does not follow"),
    ({"findings": []}, "does not follow"),
    ({"findings": [FINDING | {"result": "red"}]}, "does not follow"),
    ({"level": "heaven"}, "heaven"),
    ({"node": 7}, "7 is not"),
])
def test_what_was_typed_by_hand_is_found(seen: Evidence, change: dict[str, Any],
                                         says: str) -> None:
    forged = replace(seen, verdicts={"boot": {**seen.verdicts["boot"], **change}})
    assert any(says in fault for fault in find_faults(forged)), find_faults(forged)


def test_only_errors_make_a_verdict_red() -> None:
    def words(**changes: str) -> str:
        return compute_verdict([FINDING, FINDING | changes])

    assert words() == "green"
    assert words(result="red") == words(result="unknown") == "red"
    assert words(result="red", severity="warning") == words(result="warning") == "green"
    assert compute_verdict([]) == "red"
