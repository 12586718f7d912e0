"""The documentation's examples, baked and booted; docs/examples.md says what was seen of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.build import build
from imagegen.boot.proof import local_cluster
from imagegen.boot.seed import NodeIdentity
from imagegen.boot.verify import verify
from imagegen.common.errors import ImagegenError
from imagegen.common.progress import Silent
from imagegen.knowledge.pages import field_pages
from imagegen.profile.model import Profile
from imagegen.render.cloudinit import own_parts
from tests.guests.examples import Composite, documents, folded, profile_of
from tests.guests.examples_page import RELEASES, record, row
from tests.guests.nodes import images
from tests.guests.stand_ins import StandIns, stand_ins

pytestmark = [pytest.mark.guest, pytest.mark.wide]
TIMEOUT = 1200.0
VERSION = "1.34.4"


@contextmanager
def cluster_of(profile: Profile) -> Iterator[NodeIdentity]:
    """A real control plane, where something of the image runs kube-proxy; else level kernel."""
    if profile.kube_proxy.by_unit:
        with local_cluster(profile, Silent()) as identity:
            yield identity
    else:
        yield NodeIdentity("node-1", level="kernel")


def heard(profile: Profile) -> dict[str, Any]:
    """The verdict of a node of this profile, with the profile's own parts in its seed."""
    image = build(profile, images(), Silent())
    with cluster_of(profile) as identity:
        node = replace(identity, parts=own_parts(profile))
        report = verify(image.path, identity=node, timeout=TIMEOUT, progress=Silent(),
                        accelerator=Accelerator.AUTO)[0]
    verdict: dict[str, Any] = json.loads(report.verdict)
    return verdict


def tried(composite: Composite, release: str, files: StandIns) -> dict[str, Any] | str:
    """The verdict, or the sentence why there is none."""
    try:
        return heard(profile_of(files.put_in(composite.data), release))
    except ImagegenError as error:
        return str(error)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("release", RELEASES)
def test_every_example_that_can_be_booted_is_green(release: str) -> None:
    pages = field_pages()
    found = folded(pages, release, documents())
    placed = {path: "not run" for one in found.composites for path in one.paths}
    cells, profiles, wrong = {**found.left_out, **placed}, [], {}
    with stand_ins(release, VERSION) as files:
        for number, composite in enumerate(found.composites, 1):
            word, said = judged(tried(composite, release, files))
            wrong |= {number: str(said)} if word != "green" else {}
            if isinstance(said, dict):
                profiles.append(row(release, number, len(composite.paths), said))
            cells |= dict.fromkeys(composite.paths, f"profile {number}: {word}")
            # at once, and green or not: a run that is cut short has told what it saw
            record(release, profiles, dict(sorted(cells.items())), pages)
    assert wrong == {}


def judged(said: dict[str, Any] | str) -> tuple[str, dict[str, Any] | str]:
    """The document's word for it; of a red verdict what was red is said first."""
    if isinstance(said, str):
        return "not booted", said
    bad = [one for one in said["findings"] if one["result"] not in ("ok", "warning")]
    return said["verdict"], {"bad": bad, **said} if bad else said
