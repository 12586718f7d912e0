"""`imagegen verify` through the command line: its exit codes, its options, its refusals.

QEMU's part is stood in for here; tests/guests/test_verbs.py is the same with the real one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.boot import proof
from imagegen.boot.verify import NodeReport
from tests.node.verdicts import STATES, finding, made
from tests.verbs import Said, called

GREEN = made(finding("a", "ok"))


def verified(verdicts: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch,
             *argv: str) -> tuple[Said, dict[str, Any]]:
    seen: dict[str, Any] = {}

    def booted(image: Path, **options: Any) -> list[NodeReport]:
        seen.update(options, image=image)
        return [NodeReport(f"n{n}", json.dumps(one).encode(), 1.0, (), "", None, True)
                for n, one in enumerate(verdicts)]

    monkeypatch.setattr(proof, "verify", booted)
    return called("verify", "image.qcow2", *argv), seen


def test_a_green_node_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    said, _ = verified([GREEN], monkeypatch)
    assert (said.code, "GREEN" in said.out) == (0, True), said.err


def test_a_red_node_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    said, _ = verified([STATES["red"]], monkeypatch)
    assert (said.code, "RED" in said.out) == (1, True), said.err


def test_the_options_reach_the_boot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, seen = verified([GREEN], monkeypatch, "--keep-log", str(tmp_path), "--timeout", "7",
                       "--accelerator", "tcg")
    assert (seen["keep_log"], seen["timeout"], seen["accelerator"]) == (tmp_path, 7.0, "tcg")
    assert (str(seen["image"]), seen["clones"]) == ("image.qcow2", 1)


def test_an_image_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    assert called("verify", str(tmp_path / "gone.qcow2")).code == 2
