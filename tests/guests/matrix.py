"""docs/matrix.md: which distribution and which kube-proxy were booted together, and what was seen.

Each row is computed from a verdict that is kept below docs/evidence/matrix.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from imagegen.bake.build import BuiltImage
from imagegen.common.files import write_atomic
from imagegen.knowledge.distributions import RELEASES, Proof
from imagegen.profile.model import Profile
from tests.evidence.store import (
    FOLDER,
    ROOT,
    Evidence,
    collect_evidence,
    is_recording,
    keep_evidence,
    read_evidence,
)
from tests.profiles import changed, parsed

PART, MOMENT, FOREIGN_KERNEL = "matrix", "boot", "kernel of"
VERSIONS = ("1.20.2", "1.29.6", "1.34.4", "1.37.2")
CELLS = tuple((release.title, version) for release in RELEASES.values()
              if release.proof is Proof.BOOTED for version in VERSIONS)
SIDS_KERNEL = "debian 13, kernel of sid"
PLACES = (*CELLS, *((SIDS_KERNEL, version) for version in VERSIONS))
DOCUMENT = ROOT / "docs/matrix.md"
HEAD = """\
# Distributions and kube-proxy versions that were booted together

Written by `./dev wide`, which makes each base from the mirror, bakes it, boots the sealed image
beside a real etcd and kube-apiserver of kube-proxy's version (1.29.6 beside 1.34.4: its own cannot
be built), and reads the node's own verdict. kube-proxy 1.20 runs from flags. Packages are those of
the image's manifest; sid's kernel was put into a node of Debian 13, which then started again.

Each row is computed from the whole verdict of that node, which is kept in
[evidence/matrix](evidence/matrix). *image* is the start of the image's sha256, *commit* the sources
that made it. *sources* is `same` where this version of imagegen renders the same bytes from the
same profile; otherwise the row speaks of older code.

"""


@dataclass(frozen=True, slots=True)
class Row:
    """One cell, as it was seen; every value is text, as it stands in the table."""

    distribution: str
    kube_proxy: str
    verdict: str
    level: str
    facts: str
    kernel: str
    systemd: str
    python: str
    cloud_init: str
    date: str
    image: str
    commit: str
    sources: str


def profile_of(distribution: str, release: str, version: str) -> Profile:
    """The quickstart's profile on another release with another kube-proxy."""
    name = f"{distribution}-{release}-{version.replace('.', '-')}"
    return parsed(changed({"metadata.name": name, "os.distribution": distribution,
                           "os.release": release, "kubeProxy.version": version}, "quickstart"))


def record(title: str, version: str, image: BuiltImage, verdict: dict[str, Any]) -> None:
    """Keep the verdict of a node that was just booted, if this run records."""
    if not is_recording():
        return
    name = f"{title.replace(', ', ' ').replace(' ', '-')}-{version}"
    foreign = title.partition(FOREIGN_KERNEL)[2].strip()
    keep_evidence(collect_evidence(PART, name, image, {MOMENT: verdict},
                                   {FOREIGN_KERNEL: foreign} if foreign else {}))
    write_atomic(DOCUMENT, compute_document(read_rows()).encode())


def read_rows(folder: Path = FOLDER) -> list[Row]:
    """The row of each kept verdict."""
    return [compute_row(one) for one in read_evidence(PART, folder)]


def compute_row(seen: Evidence) -> Row:
    """The row of one kept verdict: every value comes from the verdict or the image's manifest."""
    verdict, settings = seen.verdicts[MOMENT], seen.image["profile"]
    title = f"{settings['os']['distribution']} {settings['os']['release']}"
    if FOREIGN_KERNEL in seen.notes:
        title += f", {FOREIGN_KERNEL} {seen.notes[FOREIGN_KERNEL]}"
    packages = (seen.image["packages"][name] for name in ("systemd", "python3", "cloud-init"))
    return Row(title, settings["kubeProxy"]["version"], verdict["verdict"], verdict["level"],
               str(len(verdict["findings"])), verdict["node"]["kernel"], *packages, seen.date,
               seen.image["sha256"][:12], seen.commit, seen.sources)


def compute_document(rows: list[Row]) -> str:
    """The whole document, in the order of the matrix."""
    known = {(row.distribution, row.kube_proxy): row for row in rows}
    names = [field.name.replace("_", "-") for field in fields(Row)]
    found = (astuple(known[cell]) for cell in PLACES if cell in known)
    lines = [names, ["---"] * len(names), *found]
    return HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines)
