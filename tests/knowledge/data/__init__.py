"""What distributions and Kubernetes say of themselves, each line with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "distributions"


@dataclass(frozen=True, slots=True)
class Observation:
    """One value as the distribution's own data has it, and the words that say so."""

    value: Any
    says: str
    source: str
    where: str
    read: date


@cache
def observations() -> dict[str, dict[str, Observation]]:
    """`debian 12` -> `systemd` -> what Debian says."""
    found: dict[str, dict[str, Observation]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        document = yaml.safe_load(path.read_text())
        for fact in document["facts"]:
            source = document["sources"][fact["source"]]
            one = Observation(fact["is"], fact["says"], fact["source"], source["where"],
                              source["read"])
            for title in fact["of"]:
                values = found.setdefault(title, {})
                if fact["value"] in values:
                    raise ValueError(f"{path.name}: {title} has two lines of {fact['value']}")
                values[fact["value"]] = one
    return found
