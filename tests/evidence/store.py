"""Kept evidence: one compressed JSON file for each thing that a run saw on a booted node.

A document's row is computed from such a file, and a test computes it again: a row that was typed
by hand has no file, and a file that was typed by hand contradicts itself (see `find_faults`).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from imagegen.bake.build import BuiltImage
from imagegen.common.errors import InputError
from imagegen.common.files import write_atomic
from imagegen.common.run import run
from imagegen.profile.model import Profile
from imagegen.render.render import render

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/evidence"
SCHEMA = ROOT / "schema/verdict-v1.schema.json"
# `./dev wide` sets it; another run must not change the checkout
VARIABLE = "IMAGEGEN_EVIDENCE"
SOURCES = ("imagegen", "templates", "packer", "profiles", "tests")
CURRENT, OLDER, NOT_RENDERED = "same", "changed since", "no longer rendered"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one run saw of one image.

    `verdicts` holds whole verdicts by the moment they were given at; `notes` what else was read.
    `commit` ends in `+` where the sources had changes that were not committed.
    """

    part: str
    name: str
    commit: str
    date: str
    image: Mapping[str, Any]
    verdicts: Mapping[str, Mapping[str, Any]]
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        """The image's profile. Raises InputError where this version reads it no more."""
        try:
            return Profile.model_validate(self.image["profile"])
        except ValueError as error:
            raise InputError(f"{self.part}/{self.name}: {error}") from None

    @property
    def built_from(self) -> str:
        """The digest of all inputs of the image."""
        return str(self.image["inputs"]["rendered"])

    @property
    def sources(self) -> str:
        """Whether this version renders the same image from the same profile."""
        try:
            now = render(self.profile).digest
        except InputError:
            return NOT_RENDERED
        return CURRENT if now == self.built_from else f"{OLDER} {self.commit}"


def is_recording() -> bool:
    """Whether this run may write evidence into the checkout."""
    return bool(os.environ.get(VARIABLE))


def describe_run() -> tuple[str, str]:
    """The commit of the sources (12 digits, `+` with uncommitted changes) and today's date."""
    return _read_commit(), datetime.now(UTC).date().isoformat()


@cache
def _read_commit() -> str:
    # once a run: a document that the run itself writes is no change of its sources
    commit = run(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]).output.strip()
    changes = run(["git", "-C", str(ROOT), "status", "--porcelain", "--", *SOURCES]).output
    return f"{commit}+" if changes.strip() else commit


def collect_evidence(part: str, name: str, image: BuiltImage,
                     verdicts: Mapping[str, Mapping[str, Any]],
                     notes: Mapping[str, str] | None = None) -> Evidence:
    """What has just been seen of an image, with the image's own digests and packages."""
    kept = {key: image.manifest[key]
            for key in ("image", "sha256", "inputs", "packages", "packer", "profile")}
    commit, date = describe_run()
    return Evidence(part, name, commit, date, kept, verdicts, notes or {})


def keep_evidence(evidence: Evidence, folder: Path = FOLDER) -> Path:
    """Write the file of this evidence, in place of an older one of the same name."""
    path = folder / evidence.part / f"{evidence.name}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(evidence), sort_keys=True, ensure_ascii=False)
    write_atomic(path, gzip.compress(text.encode(), mtime=0))
    return path


def read_evidence(part: str, folder: Path = FOLDER) -> Iterator[Evidence]:
    """Every kept file of a part, by name."""
    for path in sorted((folder / part).glob("*.json.gz")):
        yield Evidence(**json.loads(gzip.decompress(path.read_bytes())))


def find_faults(evidence: Evidence) -> list[str]:
    """Where the kept verdicts contradict their schema, themselves or the image."""
    schema = json.loads(SCHEMA.read_text())
    faults = []
    for moment, verdict in evidence.verdicts.items():
        faults += [f"{moment}: {error.message}" for error in
                   jsonschema.Draft202012Validator(schema).iter_errors(verdict)]
        if verdict["digest"] != evidence.built_from:
            faults.append(f"{moment}: the verdict is of another image")
        if verdict["verdict"] != compute_verdict(verdict["findings"]):
            faults.append(f"{moment}: {verdict['verdict']} does not follow from the findings")
    return faults


def compute_verdict(findings: list[Mapping[str, Any]]) -> str:
    """red where a finding of severity error is red or unknown, or where none is ok."""
    bad = [one for one in findings
           if one["severity"] == "error" and one["result"] in ("red", "unknown")]
    return "red" if bad or not any(one["result"] == "ok" for one in findings) else "green"
