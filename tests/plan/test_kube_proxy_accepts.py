"""Every profile that passes the lints is accepted by the real kube-proxy, and read as given."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from imagegen.common.errors import InputError
from imagegen.common.run import run
from imagegen.knowledge.kubernetes import Mode, Version
from imagegen.knowledge.kubernetes_fields import BY_PATH, FIELDS, missing
from imagegen.plan.kubeproxy import config_document
from imagegen.profile.lints.kube_proxy_fields import flattened
from imagegen.profile.model import Profile
from tests.plan.kube_proxy_configs import VALUES, configs, nested, whole
from tests.plan.test_kube_proxy_reads import (
    MODERN,
    NEWEST,
    OLD,
    differences,
    program,
    read_back,
)
from tests.profile.test_families import DUAL, SIX, SIX_FIRST
from tests.profiles import changed, parsed

SIZE = re.compile(r"([0-9]+)(k|M|Ki|Mi)?")
UNITS = {None: 1, "": 1, "k": 1000, "M": 1000**2, "Ki": 1 << 10, "Mi": 1 << 20}
# each run of a kube-proxy takes a tenth of a second of one core, a loaded machine's many times that
SOME = settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck))


def profile_with(version: str, flat: dict[str, Any], **more: Any) -> Profile:
    """A profile of a version with these fields of kube-proxy's. Raises InputError."""
    return parsed(changed({"kubeProxy.version": version, "kubeProxy.form": "config",
                           "kubeProxy.config": nested(flat), **more}))


def in_force(document: bytes) -> dict[str, Any]:
    """The fields that act in the document's mode; the others may be dropped when it is read."""
    data = yaml.safe_load(document)
    flat = flattened({name: value for name, value in data.items()
                      if name not in ("apiVersion", "kind")})
    del flat["clientConnection.kubeconfig"]
    return {path: value for path, value in flat.items() if data["mode"] in BY_PATH[path].modes}


def odd(document: bytes, read: dict[str, Any]) -> list[str]:
    """What was not read as it was given."""
    flat = in_force(document)
    sizes = {path: flat.pop(path) for path in list(flat) if path.endswith("infoBufferSize")}
    wrong = [path for path, size in sizes.items()
             if _bytes(size) != _bytes(str(flattened(read)[path]))]
    return wrong + differences(nested(flat), read)


def _bytes(size: str) -> int:
    found = SIZE.fullmatch(size)
    assert found, size
    return int(found[1]) * UNITS[found[2]]


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def old_says(document: bytes) -> str:
    """1.20 cannot write its configuration; it ends at the kubeconfig, which is not there."""
    with folder() as place:
        (place / "config.yaml").write_bytes(document)
        return run([program(OLD), f"--config={place}/config.yaml"], check=False, timeout=60).output


@pytest.mark.parametrize("version", MODERN)
@pytest.mark.parametrize("mode", list(Mode))
def test_every_field_of_a_version_is_read_as_given(version: str, mode: Mode) -> None:
    profile = profile_with(version, whole(version, mode))
    document = config_document(profile)
    with folder() as place:
        assert odd(document, read_back(version, document, place)) == []
    known = {f.path for f in FIELDS if mode in f.modes and not missing(f, Version.parse(version))}
    assert known <= set(in_force(document))


@pytest.mark.parametrize("version", MODERN)
@SOME
@given(data=st.data())
def test_what_passes_the_lints_is_accepted_and_read_as_given(version: str,
                                                             data: st.DataObject) -> None:
    profile = _passing(version, data)
    # hypothesis fails where it has to draw too often for one that passes
    assume(profile is not None)
    assert profile is not None
    document = config_document(profile)
    with folder() as place:
        assert odd(document, read_back(version, document, place)) == [], document.decode()


@SOME
@given(data=st.data())
def test_what_passes_the_lints_is_accepted_by_the_recipes_version(data: st.DataObject) -> None:
    profile = _passing(OLD, data)
    # hypothesis fails where it has to draw too often for one that passes
    assume(profile is not None)
    assert profile is not None
    said = old_says(config_document(profile))
    assert "no such file or directory" in said.splitlines()[-1], said
    assert "strict decoding" not in said


def _passing(version: str, data: st.DataObject) -> Profile | None:
    """A profile that passes; half of those drawn at random do not."""
    for _ in range(20):
        try:
            return profile_with(version, data.draw(configs(version)))
        except InputError:
            continue
    return None


WRONG: tuple[object, ...] = (
    ("1.34.4", "SyncPeriod", {"ipvs.syncPeriod": "1s", "ipvs.minSyncPeriod": "2s"}),
    ("1.34.4", "unrecognized feature gate", {"featureGates": {"KubeProxyIPVS": True}}),
    pytest.param(NEWEST, "ProxyMode", {"featureGates": {"KubeProxyIPVS": False}},
                 marks=pytest.mark.wide),
    ("1.34.4", "cannot set feature gate", {"mode": "nftables",
                                           "featureGates": {"NFTablesProxyMode": False}}),
    ("1.34.4", "InterfaceName", {"detectLocalMode": "BridgeInterface"}),
    ("1.34.4", "NodePortAddresses", {"nodePortAddresses": ["primary", "192.0.2.0/24"]}),
    ("1.34.4", "NodePortAddresses", {"nodePortAddresses": ["localhost"]}),
    ("1.34.4", "howHiddenMetricsForVersion", {"showHiddenMetricsForVersion": "1.30"}),
    ("1.34.4", "vmodule", {"logging.format": "json", "logging.vmodule": [
        {"filePattern": "x", "verbosity": 1}]}),
    ("1.34.4", "LoggingAlphaOptions", {"logging.options.text.infoBufferSize": "1k"}),
)


@pytest.mark.parametrize(("version", "word", "flat"), WRONG)
def test_what_the_real_program_refuses_the_lints_refuse(version: str, word: str,
                                                        flat: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        profile_with(version, flat)
    bare = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
            "mode": "ipvs", **nested(flat)}
    with folder() as place, pytest.raises(Exception, match=word):
        read_back(version, yaml.safe_dump(bare).encode(), place)


def test_old_versions_refuse_both_families_without_their_gate() -> None:
    both = {"clusterCIDR": "10.244.0.0/16,fd00:10:244::/56"}
    with pytest.raises(InputError, match="IPv6DualStack"):
        profile_with(OLD, both)
    gated = config_document(profile_with(OLD, {**both, "featureGates": {"IPv6DualStack": True}}))
    assert "no such file or directory" in old_says(gated).splitlines()[-1]
    assert "ClusterCIDR" in old_says(gated.replace(b"IPv6DualStack: true", b"AllBeta: true"))


@pytest.mark.parametrize("version", [*MODERN, OLD])
@pytest.mark.parametrize("ranges", [DUAL, SIX, SIX_FIRST])
def test_the_real_program_takes_families_in_either_order(version: str,
                                                         ranges: dict[str, str]) -> None:
    gate = {"featureGates": {"IPv6DualStack": True}} if version == OLD else {}
    document = config_document(profile_with(version, {
        **gate, "ipvs.excludeCIDRs": ["192.0.2.166/32", "2001:db8::166/128"]}, **ranges))
    if version == OLD:
        assert "no such file or directory" in old_says(document).splitlines()[-1]
        return
    with folder() as place:
        read = read_back(version, document, place)
    assert (read["clusterCIDR"], read["healthzBindAddress"]) == (
        ranges["cluster.podCIDR"], "[::]:10256")


def test_every_field_has_values_here() -> None:
    assert set(VALUES) == set(BY_PATH)
