"""The table of kube-proxy's fields and bounds against the real Go sources, version by version."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imagegen.knowledge.distributions.tools import tools
from imagegen.knowledge.kube_ipvs import CONN_REUSE_BEFORE, CONN_REUSE_FROM
from imagegen.knowledge.kubernetes import Version
from imagegen.knowledge.kubernetes_fields import FIELDS, REFUSED, missing
from tests.distributions import ALL
from tests.knowledge.read_kube_proxy import FILE, VERSIONS, field_paths, read_constants

# read anew at each run; what the file says of the others was read once
LIVE = ("1.34.4", "1.37.2")


def recorded() -> dict[str, list[str]]:
    """The file's fields by version."""
    document: dict[str, Any] = yaml.safe_load(FILE.read_text())
    versions: dict[str, list[str]] = document["versions"]
    return versions


def settable(paths: list[str]) -> set[str]:
    """What a profile may say: all but the fields that the table refuses."""
    return {path for path in paths
            if path not in REFUSED and path.partition(".")[0] not in REFUSED}


def known_fields(version: str) -> set[str]:
    """What the table says that a version has."""
    return {field.path for field in FIELDS if not missing(field, Version.parse(version))}


@pytest.mark.parametrize("version", LIVE)
def test_the_table_has_the_real_types_fields(version: str) -> None:
    assert known_fields(version) == settable(list(field_paths(version)))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_has_the_recorded_types_fields(version: str) -> None:
    assert known_fields(version) == settable(recorded()[version])


@pytest.mark.parametrize("version", LIVE)
def test_the_record_is_what_the_types_say(version: str) -> None:
    minor = version.rpartition(".")[0]
    kept = next(fields for one, fields in recorded().items() if one.startswith(f"{minor}."))
    assert sorted(field_paths(version)) == kept


def test_every_minor_version_is_recorded_and_what_is_refused_exists() -> None:
    minors = [version.split(".")[1] for version in recorded()]
    assert minors == [str(minor) for minor in range(20, 38)]
    paths = {path for fields in recorded().values() for path in fields}
    unknown = [name for name in REFUSED
               if name not in paths and not any(path.startswith(f"{name}.") for path in paths)]
    assert unknown == []


@pytest.mark.parametrize("version", LIVE)
def test_kube_proxys_own_bounds_are_the_tables(version: str) -> None:
    ipset = next(package for package in tools() if package.name == "ipset")
    assert read_constants(version) == {
        "MinIPSetCheckVersion": ipset.minimum,
        "IPVSConnReuseModeMinSupportedKernelVersion": CONN_REUSE_FROM,
        "IPVSConnReuseModeFixedKernelVersion": CONN_REUSE_BEFORE}


def test_every_release_has_the_same_bound_of_ipset() -> None:
    assert {package.minimum for release in ALL for package in release.packages
            if package.tool == "/usr/sbin/ipset"} == {"6.0"}
