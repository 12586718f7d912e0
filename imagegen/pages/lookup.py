"""What a person means by a path or a rule, however it is written."""

from __future__ import annotations

import difflib
import re

from imagegen.common.errors import InputError
from imagegen.knowledge.pages import rule_pages
from imagegen.node.pages import pages as check_pages
from imagegen.pages.walk import Field, fields
from imagegen.profile.fields import shown


def look_up(query: str) -> Field | str:
    """The field, or the id of the rule. Raises InputError for what is neither, or not only one."""
    wanted = _canonical(query)
    known = {_canonical(field.path): field for field in fields()}
    if wanted in known:
        return known[wanted]
    if query.lower() in rule_pages():
        return query.lower()
    if free := _free_key(wanted, known):
        return free
    return _by_its_end(query, [field for path, field in known.items()
                               if path.endswith(f".{wanted}")], known)


def _canonical(path: str) -> str:
    """Case, and how a list's item is written, make no difference."""
    return re.sub(r"\[[0-9]*\]|\.[0-9]+(?=\.|$)", "", path.strip().strip(".")).lower()


def _free_key(wanted: str, known: dict[str, Field]) -> Field | None:
    """The `*` that stands for a key such as os.sysctls.net.core.somaxconn."""
    for path, field in known.items():
        if path.endswith(".*") and wanted.startswith(path.removesuffix("*")):
            return field
    return None


def _by_its_end(query: str, found: list[Field], known: dict[str, Field]) -> Field:
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{shown(query)} is the name of {len(found)} fields",
                         hint="say which: " + ", ".join(field.path for field in found))
    raise InputError(f"{shown(query)} is neither a field nor a rule", hint=_guess(query, known))


def _guess(query: str, known: dict[str, Field]) -> str:
    """The nearest path; where only the last part is near, the path that ends with it."""
    name = query.strip().lower()
    hints = [f"a rule of the node's check: check.{name}"] if name in check_pages() else []
    if begun := [rule for rule in sorted(rule_pages()) if rule.startswith(f"{name}-")]:
        hints.append(f"rules that begin so: {', '.join(begun)}")
    if hints:
        return "; ".join(hints)
    by_word = {path.rpartition(".")[2]: field.path for path, field in known.items()}
    by_word |= {path: field.path for path, field in known.items()}
    by_word |= {rule: rule for rule in rule_pages()}
    by_word |= {f"check.{rule}": f"check.{rule}" for rule in check_pages()}
    near = difflib.get_close_matches(_canonical(query)[:80], by_word, 1, cutoff=0.75)
    return (f"did you mean {by_word[near[0]]}?" if near else
            "`imagegen explain` alone lists the sections, `imagegen explain rules` the rules")
