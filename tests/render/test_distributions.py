"""Every release's tree: no setting that its own systemd does not know, its own Python."""

from __future__ import annotations

import re

import pytest

from imagegen.knowledge.distributions import RELEASES, Release
from imagegen.knowledge.systemd import SINCE
from imagegen.render.render import Rendering, render
from tests.profiles import changed, parsed
from tests.render.parsers import unit

IDS = [release.title for release in RELEASES.values()]
RELEASE = pytest.mark.parametrize("release", RELEASES.values(), ids=IDS)
SYSTEMD = re.compile(r"/systemd/.*(\.(service|timer|mount|path|socket|network|netdev)|\.conf)$")


def rendered(release: Release) -> Rendering:
    changes = {"os.distribution": release.distribution.value, "os.release": release.release}
    return render(parsed(changed(changes)))


def settings(rendering: Rendering) -> set[str]:
    """`KEY` and `KEY=VALUE` of everything that systemd reads."""
    found: set[str] = set()
    for path, file in rendering.node.files.items():
        if SYSTEMD.search(path) and file.link is None:
            for key, values in unit(file.data).items():
                found |= {key, *(f"{key}={value}" for value in values)}
    return found


@RELEASE
def test_its_systemd_knows_every_setting(release: Release) -> None:
    found = settings(rendered(release))
    keys = {key for key in found if "=" not in key}
    assert keys <= SINCE.keys(), "add it to knowledge/systemd.py with the version that brought it"
    newer = {key for key in found if SINCE.get(key, 0) > release.systemd}
    assert newer == set()


def test_a_setting_that_is_too_new_is_seen() -> None:
    newest = max(RELEASES.values(), key=lambda release: release.systemd)
    found = settings(rendered(newest))
    oldest = min(RELEASES.values(), key=lambda release: release.systemd)
    assert {key for key in found if SINCE.get(key, 0) > oldest.systemd}


@RELEASE
def test_the_check_runs_on_its_own_python(release: Release) -> None:
    text = rendered(release).node.files["usr/lib/systemd/system/imagegen-check.service"].data
    command, = unit(text)["ExecStart"]
    assert command.split()[0] == release.python.path
