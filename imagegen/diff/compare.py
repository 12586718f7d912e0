"""Two sides to a comparison. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from imagegen.diff.model import (
    Change,
    Comparison,
    Family,
    FieldChange,
    FileDiff,
    Heard,
    How,
    Needs,
    Promise,
    Row,
    Side,
)
from imagegen.diff.promise import DERIVED, flat
from imagegen.diff.verdicts import judged_changes
from imagegen.plan.facts import Json, Rule

# What a node's seed may say otherwise than its image (node.json's apiServers), by rule
_BY_SEED = {rule.value: frozenset({"realServers"})
            for rule in (Rule.API_SERVICE, Rule.NFT_SERVICE)}


_ASKED = "kubeProxy.config."


def compare(old: Side, new: Side, *, files: bool = False) -> Comparison:
    """What differs; with `files` the contents as well, where both sides hold them."""
    if isinstance(old, Heard) or isinstance(new, Heard):
        return Comparison(old, new, tuple(judged_changes(old, new)))
    fields = tuple(_field_changes(old, new))
    asked = {f"kube-proxy.config.{one.path.removeprefix(_ASKED)}" for one in fields
             if one.path.startswith(_ASKED)}
    # what the profile asks of kube-proxy's configuration is among the profile's fields
    changes = [change for name in old.families if name in new.families
               for change in family_changes(old.families[name], new.families[name])
               if change.id not in asked]
    diffs = tuple(_file_diffs(old, new)) if files else ()
    return Comparison(old, new, tuple(changes), fields, diffs)


def family_changes(old: Family, new: Family) -> Iterator[Change]:
    """Removed, changed and added rows, in the order in which a node comes by them."""
    for name, row in old.items():
        if name not in new:
            yield Change(name, How.REMOVED, row.reason, old=row.value, needs=row.needs)
        elif row.value != new[name].value:
            yield _changed(row, new[name])
    for name, row in new.items():
        if name not in old:
            yield Change(name, How.ADDED, row.reason, new=row.value, needs=row.needs)


def _changed(old: Row, new: Row) -> Change:
    keys = [key for key in {**old.value, **new.value}
            if old.value.get(key) != new.value.get(key)]
    before = {key: old.value.get(key) for key in keys}
    after = {key: new.value.get(key) for key in keys}
    return Change(new.id, How.CHANGED, new.reason, before, after, _needs(new, after))


def _needs(row: Row, after: Mapping[str, Json]) -> Needs:
    """A seed can name other API servers, but cannot take back that the image names some."""
    by_seed = after.keys() <= _BY_SEED.get(row.rule, frozenset())
    return Needs.SEED if by_seed and None not in after.values() else row.needs


def _field_changes(old: Promise, new: Promise) -> Iterator[FieldChange]:
    if old.profile is None or new.profile is None:
        return
    before, after = dict(flat(old.profile)), dict(flat(new.profile))
    for path in {**before, **after}:
        if before.get(path) != after.get(path):
            yield FieldChange(path, before.get(path), after.get(path))


def _file_diffs(old: Promise, new: Promise) -> Iterator[FileDiff]:
    before, after = old.contents or {}, new.contents or {}
    if old.contents is None or new.contents is None:
        return
    for path in sorted({**before, **after}):
        ours = path.startswith(("node/", "cloud-init/baked/", "kubeadm/")) and path not in DERIVED
        if ours and before.get(path) != after.get(path):
            yield FileDiff(path, _diff(path, before.get(path), after.get(path)))


def _diff(path: str, old: bytes | None, new: bytes | None) -> str:
    try:
        before, after = ((data or b"").decode().splitlines(keepends=True) for data in (old, new))
    except UnicodeDecodeError:
        return f"{path}: no text, {_size(old)} -> {_size(new)}\n"
    found = difflib.unified_diff(before, after,
                                 "/dev/null" if old is None else f"old/{path}",
                                 "/dev/null" if new is None else f"new/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
                   for line in found)


def _size(data: bytes | None) -> str:
    return "not there" if data is None else f"{len(data)} bytes"
