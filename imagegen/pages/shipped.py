"""Profiles and guides that travel with imagegen, for a user who has no checkout."""

from __future__ import annotations

import difflib
import re

from imagegen.common.assets import asset, asset_bytes
from imagegen.common.errors import InputError
from imagegen.pages.explain import table, wrapped
from imagegen.profile.fields import shown

# the hand-written documents that pages of fields name
GUIDES = ("gates", "immutable", "report")
# the schema's place in the checkout, which is no place in another folder
_SCHEMA_LINE = re.compile(r"\A# yaml-language-server:.*\n")


def profile_names() -> list[str]:
    """The profiles' names."""
    return sorted(path.stem for path in asset("profiles").glob("*.yaml"))


def profile_text(name: str) -> str:
    """A profile as it is written, without the line that names the checkout's schema.

    Raises InputError where there is none of this name.
    """
    known = profile_names()
    if name not in known:
        near = difflib.get_close_matches(name[:80].lower(), known, 1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise InputError(f"no profile {shown(name)} comes with imagegen",
                         hint=f"{guess}`imagegen profile` lists {', '.join(known)}; `imagegen "
                         "init` writes one of your own")
    return _SCHEMA_LINE.sub("", asset_bytes(f"profiles/{name}.yaml").decode())


def profiles_overview(width: int) -> str:
    """All profiles, each with the first sentence of its comment."""
    rows = [(name, _brief(profile_text(name))) for name in profile_names()]
    return "\n".join([
        *table(rows, width), "",
        *wrapped("`imagegen profile NAME` prints one; `imagegen init` writes one of your own.",
                 width)]) + "\n"


def _brief(text: str) -> str:
    """The first sentence of the comment at the top."""
    lines = re.match(r"(#.*\n)*", text)
    comment = re.sub(r"^# ?", "", lines[0] if lines else "", flags=re.M)
    return re.split(r"(?<=[.!?:])\s", " ".join(comment.split()), maxsplit=1)[0].rstrip(".:") + "."


def guide_text(name: str) -> str:
    """A guide, as Markdown; empty where there is none of this name."""
    wanted = name.strip().lower()
    return asset_bytes(f"docs/{wanted}.md").decode().rstrip() if wanted in GUIDES else ""
