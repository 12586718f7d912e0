"""docs/matrix.md: which distribution and which kube-proxy were booted together, and what was seen.

Written by `./dev wide` alone: each cell that ran takes the place of the row that it had.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagegen.bake.build import BuiltImage
from imagegen.common.files import write_atomic
from imagegen.knowledge.distributions import RELEASES, Proof
from imagegen.profile.model import Profile
from tests.profiles import changed, parsed

VERSIONS = ("1.20.2", "1.29.6", "1.34.4", "1.37.2")
CELLS = tuple((release.title, version) for release in RELEASES.values()
              if release.proof is Proof.BOOTED for version in VERSIONS)
SIDS_KERNEL = "debian 13, kernel of sid"
PLACES = (*CELLS, *((SIDS_KERNEL, version) for version in VERSIONS))
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/matrix.md"
HEAD = """\
# Distributions and kube-proxy versions that were booted together

Written by `./dev wide`, which makes each base from the mirror, bakes it, boots the sealed image
beside a real etcd and kube-apiserver of kube-proxy's version (1.29.6 beside 1.34.4: its own cannot
be built), and hears the node's own verdict. kube-proxy 1.20 runs from flags. Packages are those of
the image's manifest; sid's kernel was put into a node of Debian 13, which then started again.

"""


@dataclass(frozen=True, slots=True)
class Row:
    """One cell, as it was seen; every value is text, as it stands in the table."""

    distribution: str
    kube_proxy: str
    verdict: str
    level: str
    kernel: str
    systemd: str
    python: str
    cloud_init: str
    date: str


def profile_of(distribution: str, release: str, version: str) -> Profile:
    """The quickstart's profile on another release with another kube-proxy."""
    name = f"{distribution}-{release}-{version.replace('.', '-')}"
    return parsed(changed({"metadata.name": name, "os.distribution": distribution,
                           "os.release": release, "kubeProxy.version": version}, "quickstart"))


def seen(title: str, version: str, image: BuiltImage, verdict: dict[str, Any]) -> Row:
    """The row of a node that has just been heard."""
    packages = image.manifest["packages"]
    assert isinstance(packages, dict)
    found = (packages[name] for name in ("systemd", "python3", "cloud-init"))
    return Row(title, version, verdict["verdict"], verdict["level"], verdict["node"]["kernel"],
               *found, datetime.now(UTC).date().isoformat())


def rows(text: str) -> dict[tuple[str, str], Row]:
    """The rows of a document."""
    cells = (re.split(r" *\| *", line)[1:-1] for line in text.splitlines()
             if re.match(r"\| [a-z]+ \d", line))
    found = (Row(*row) for row in cells)
    return {(row.distribution, row.kube_proxy): row for row in found}


def document(known: dict[tuple[str, str], Row]) -> str:
    """The whole document, in the order of the matrix."""
    names = [field.name.replace("_", "-") for field in fields(Row)]
    lines = [names, ["---"] * len(names)]
    lines += [[getattr(known[cell], field.name) for field in fields(Row)]
              for cell in PLACES if cell in known]
    return HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def record(row: Row, path: Path = DOCUMENT) -> None:
    """Put a row into the document."""
    known = rows(path.read_text()) if path.exists() else {}
    known[row.distribution, row.kube_proxy] = row
    write_atomic(path, document(known).encode())
