"""From a node's os-release(5) to the release of the table: each distribution writes its own way.

The fields as the distributions' own release packages have them: tests/adopt/os_release/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from imagegen.knowledge.distributions.model import Distribution

# ID= of os-release -> the table's name, where it is another
_NAMES = {"amzn": Distribution.AMAZON}
# ID= of what is built from the sources of a distribution of the table -> that one. ID_LIKE names
# `fedora` or `rhel` for all of these, and a rebuild can be had without a subscription.
_FAMILY = {"rhel": Distribution.ROCKY, "centos": Distribution.ROCKY, "ol": Distribution.ROCKY}
_ENTERPRISE = (Distribution.ROCKY, Distribution.ALMALINUX, Distribution.RHEL)
_CODENAMES = {"bullseye": "11", "bookworm": "12", "trixie": "13",
              "jammy": "22.04", "noble": "24.04", "resolute": "26.04"}
# https://www.flatcar.org/docs/latest/setup/releases/: MAJOR.MINOR.PATCH, the minor is the channel
_CHANNELS = {"0": "alpha", "1": "beta", "2": "stable", "3": "lts"}
DEFAULT = (Distribution.DEBIAN, "12")


@dataclass(frozen=True, slots=True)
class Recognised:
    """The release that a profile gets; `doubt` says why it is not simply the node's own."""

    distribution: Distribution
    release: str
    doubt: str = ""


def recognise(fields: Mapping[str, str], channel: str | None,
              known: Mapping[Distribution, tuple[str, ...]]) -> Recognised:
    """The table's release for the fields of an os-release; `channel` is Flatcar's GROUP."""
    name = fields.get("ID", "")
    if not name:
        return _default("no os-release among the files names the node's distribution", known)
    own = _NAMES.get(name) or next((one for one in Distribution if one == name), None)
    if own is Distribution.FLATCAR:
        return _flatcar(fields, channel)
    if own is not None:
        return _of_table(own, fields, known[own])
    return _derived(fields, known)


def title_of(fields: Mapping[str, str]) -> str:
    """The node's own word for its distribution, `centos 7`."""
    version = fields.get("VERSION_ID") or fields.get("VERSION_CODENAME") or "without a VERSION_ID"
    return f"{fields.get('ID', '')} {version}"


def _of_table(own: Distribution, fields: Mapping[str, str],
              releases: tuple[str, ...]) -> Recognised:
    version = _release(own, fields)
    if version in releases and _whole(own, fields, version):
        return Recognised(own, version)
    return _nearest(own, version, releases, f"the node runs {title_of(fields)}, of which imagegen "
                    "makes no images")


def _whole(own: Distribution, fields: Mapping[str, str], version: str) -> bool:
    """Whether the release itself says its number: a Debian that is still made has a codename."""
    return own is not Distribution.DEBIAN or fields.get("VERSION_ID", "").split(".")[0] == version


def _release(own: Distribution, fields: Mapping[str, str]) -> str:
    """The release in the table's spelling: majors, but for Ubuntu's year and month."""
    version = fields.get("VERSION_ID", "")
    if own is Distribution.UBUNTU:
        found = re.match(r"\d+\.\d+", version)
        return found[0] if found else _CODENAMES.get(fields.get("VERSION_CODENAME", ""), "")
    found = re.match(r"\d+", version)
    return found[0] if found else _CODENAMES.get(fields.get("VERSION_CODENAME", ""), "")


def _nearest(own: Distribution, version: str, releases: tuple[str, ...], doubt: str) -> Recognised:
    """The same or the next newer release, or the newest: a node that is replaced does not go back.

    Without a number it is what will become the next release: the newest is nearest.
    """
    newer = [one for one in releases if version and _number(one) >= _number(version)]
    chosen = newer[0] if newer else releases[-1]
    return Recognised(own, chosen, f"{doubt}; {own} {chosen} is the nearest to it")


def _number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", release)[:2])


def _flatcar(fields: Mapping[str, str], channel: str | None) -> Recognised:
    numbers = fields.get("VERSION_ID", "").split(".")
    found = channel or _CHANNELS.get(numbers[1] if numbers[1:] else "", "an unknown channel")
    doubt = "" if found == "stable" else (
        f"the node runs Flatcar {fields.get('VERSION_ID', '')} of {found}, and imagegen knows the "
        "channel stable alone")
    return Recognised(Distribution.FLATCAR, "stable", doubt)


def _derived(fields: Mapping[str, str],
             known: Mapping[Distribution, tuple[str, ...]]) -> Recognised:
    """A distribution that is built on one of the table: the closest of ID_LIKE comes first."""
    doubt = f"the node runs {title_of(fields)}, of which imagegen makes no images"
    enterprise = re.fullmatch(r"platform:el(\d+)", fields.get("PLATFORM_ID", ""))
    if enterprise:
        return _enterprise(enterprise[1], doubt, known)
    for like in [fields["ID"], *fields.get("ID_LIKE", "").split()]:
        if like in _FAMILY:
            version = re.match(r"\d+", fields.get("VERSION_ID", ""))
            return _enterprise(version[0] if version else "", doubt, known)
        own = next((one for one in Distribution if one == like), None)
        if own is Distribution.FLATCAR:
            continue
        if own is not None:
            code = fields.get(f"{own.upper()}_CODENAME") or fields.get("VERSION_CODENAME", "")
            version_of_base = _CODENAMES.get(code) or fields.get("VERSION_ID", "")
            exact = version_of_base if version_of_base in known[own] else known[own][-1]
            return Recognised(own, exact, f"{doubt}; it is built on {own}, and {own} {exact} is "
                              "the nearest to it")
    return _default(doubt, known)


def _enterprise(major: str, doubt: str,
                known: Mapping[Distribution, tuple[str, ...]]) -> Recognised:
    found = _nearest(_FAMILY["rhel"], major, known[_FAMILY["rhel"]], doubt)
    others = " and ".join(one for one in _ENTERPRISE if one is not found.distribution)
    return Recognised(found.distribution, found.release,
                      f"{found.doubt}; {others} {found.release} are built from the same sources")


def _default(doubt: str, known: Mapping[Distribution, tuple[str, ...]]) -> Recognised:
    distribution, release = DEFAULT
    assert release in known[distribution]
    return Recognised(distribution, release, f"{doubt}; {distribution} {release} is imagegen's "
                      "default and not what the node runs: choose a distribution yourself")
