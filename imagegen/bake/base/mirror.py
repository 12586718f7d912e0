"""Is the mirror there, and in which state?"""

from __future__ import annotations

import calendar
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate
from http.client import HTTPException

from imagegen.bake.base.spec import BaseSpec
from imagegen.common.errors import ToolError

PROBE_SECONDS = 20.0
WHOLE_SECONDS = 60.0
# Debian's largest InRelease is about 200 kB
LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """One suite of a mirror as it is now: the date (seconds since 1970) in its InRelease."""

    mirror: str
    suite: str
    date: int


def probe(spec: BaseSpec) -> tuple[Archive, ...]:
    """Ask every archive of the spec. Raises ToolError, within about a minute, for a dead one."""
    return tuple(
        Archive(mirror, suite, _date(in_release(mirror, suite), mirror, suite))
        for mirror, suite in spec.archives()
    )


def in_release(mirror: str, suite: str) -> bytes:
    """The signed index of a suite, unchecked (apt checks it)."""
    address = f"{mirror.rstrip('/')}/dists/{suite}/InRelease"
    try:
        return _fetched(address)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ToolError(
            f"the Debian mirror {mirror} does not answer: {address}: {reason}",
            hint="check the network and http_proxy, or name another mirror; a base that is "
            "cached, or your own by path or URL, needs no mirror",
        ) from None


def _fetched(address: str) -> bytes:
    end = time.monotonic() + WHOLE_SECONDS
    data = b""
    with urllib.request.urlopen(address, timeout=PROBE_SECONDS) as answer:
        while chunk := answer.read1(1 << 16):
            data += chunk
            # the timeout above is for each read; a mirror that drips must end as well
            if time.monotonic() > end or len(data) > LARGEST:
                raise OSError(f"no end of it after {WHOLE_SECONDS:g} s or {len(data)} bytes")
    return data


def _date(index: bytes, mirror: str, suite: str) -> int:
    for line in index.decode(errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name == "Date" and (parsed := parsedate(value.strip())):
            return calendar.timegm(parsed)
    raise ToolError(
        f"what {mirror} calls the index of {suite} is none: it has no Date",
        hint="is it a Debian mirror, or does a proxy answer in its place?",
    )
