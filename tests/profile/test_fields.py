"""Which spellings of a value are taken, and which are not."""

from __future__ import annotations

import pytest

from imagegen.common.errors import InputError, Place
from imagegen.profile.fields import brief, seconds
from imagegen.profile.load import parse_profile
from tests.profiles import changed, parsed
from tests.verbs import MINIMAL

TAKEN = {
    "cluster.serviceCIDR": ["10.96.0.0/12", "192.168.0.0/29"],
    "cluster.podCIDR": ["172.30.0.0/16", "10.244.0.0/16,fd00::/48", "fd00::/48,10.244.0.0/16"],
    "cluster.nodePortRange": ["1-65535", "30000-30000"],
    "kubeProxy.config.clusterCIDR": ["10.0.0.0/8", "fd00::/48,10.0.0.0/8"],
    "kubeProxy.config.bindAddress": ["192.0.2.1", "::", "0.0.0.0"],
    "kubeProxy.config.metricsBindAddress": ["127.0.0.1:10249", "[::1]:1", "0.0.0.0:65535"],
    "check.timeout": ["300s", "5m", "1h30m", "500ms", "1.5h", "0s", "8760h"],
    "kubeProxy.version": ["1.20.0", "1.42.999"],
    "metadata.name": ["a", "edge-1", "a" * 40],
    "image.base.mirror": ["https://mirror.example.org/debian", "http://[2001:db8::1]:8080/debian"],
}
REFUSED = {
    "cluster.serviceCIDR": ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.1/8", "x/8",
                            "FD00::/48", "fd00:0::/48", "fe80::%eth0/64", "::%x/128", "١٠.0.0.0/8"],
    "cluster.nodePortRange": ["", "1", "1-", "-1", "0-1", "1-65536", "2-1", "1-2-3", "01-2",
                              "１-２"],
    "kubeProxy.config.clusterCIDR": ["", ",", "10.0.0.0/8,", "10.0.0.0/8,11.0.0.0/8", "10.0.0.0/8 ",
                                     "10.0.0.0/8,fd00::/48,fd01::/48"],
    "kubeProxy.config.bindAddress": ["", "192.0.2", "192.0.2.01", "fe80::1%n", "2001:DB8::1",
                                     "::1 "],
    "kubeProxy.config.metricsBindAddress": ["", "1", ":1", "::1:1", "[::1]", "[::1:1",
                                            "[1.2.3.4]:1",
                                            "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:٨٠",
                                            "1.2.3.4:080", "localhost:1", "[fe80::1%n]:1"],
    "check.timeout": ["", "5", "-1s", "1d", "5 m", "1e3s", "٥s", "8761h", "9999999h", "99999999s"],
    "kubeProxy.version": ["", "v1.34.4", "1.34", "1.034.4", "1.34.4-rc.1", "1.٣.4", "2.0.0",
                          "1.34.4\n"],
    "metadata.name": ["", "A", "1a", "a-", "-a", "a_b", "a.b", "a" * 41, "a\n"],
    "image.base.mirror": ["", "ftp://x/debian", "http://", "http:///debian", "http://x:y/z",
                          "http://x/a b", "http://x/${y}", "http://x/'", "http://u:p@x/", "http://[",
                          "http://x/?y"],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in TAKEN.items() for v in vs])
def test_taken(field: str, value: str) -> None:
    parsed(changed({field: value}))


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in REFUSED.items() for v in vs])
def test_refused(field: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        parsed(changed({field: value}))
    assert caught.value.where is not None
    assert caught.value.where.text.lstrip().startswith(f'"{field.rpartition(".")[2]}":')


def test_durations_are_seconds() -> None:
    assert [seconds(text) for text in ("1h30m", "900s", "500ms", "1.5h", "0s")] == [
        5400, 900, 0.5, 5400, 0]


def test_a_value_in_an_error_is_short_and_still() -> None:
    assert brief("x\x1b[2J\u202e\n") == "x\\x1b[2J\\u202e\\n"
    assert brief("é 漢") == "é 漢"
    assert brief("x" * 61) == "x" * 60 + "…"


def test_a_place_shows_the_caret_under_the_column() -> None:
    assert str(Place("f", 3, 5, "key\tvalue")) == "f:3:5\n  key value\n      ^"
    long = Place("f", 1, 101, "a" * 100 + "!" + "b" * 100)
    line, caret = str(long).splitlines()[1:]
    assert line[caret.index("^")] == "!"
    assert str(Place("f", 1, 1, "\x1b[2J")) == "f:1:1\n  ?[2J\n  ^"


@pytest.mark.parametrize("data", [
    MINIMAL, b"\xef\xbb\xbf" + MINIMAL, MINIMAL.replace(b"\n", b"\r\n"),
    MINIMAL.replace(b"\n", "\u2028".encode()), b"%YAML 1.1\n---\n" + MINIMAL,
    MINIMAL.replace(b"name: node", b"name: &n node, description: *n"),
])
def test_yaml_in_its_other_dresses(data: bytes) -> None:
    assert parse_profile("p.yaml", data).metadata.name == "node"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_counted_as_yaml_counts_them(ending: str) -> None:
    text = MINIMAL.decode().replace("\n", ending) + f"wrong: 1{ending}"
    with pytest.raises(InputError) as caught:
        parse_profile("p.yaml", text.encode())
    place = caught.value.where
    assert place is not None
    assert (place.line, place.column, place.text) == (5, 1, "wrong: 1")
