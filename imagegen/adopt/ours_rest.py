"""The rest of a node that imagegen made: its check and cloud-init, and what comes out otherwise."""

from __future__ import annotations

import re
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.ours import Expect, Ours
from imagegen.adopt.tree import Files
from imagegen.knowledge.datasources import Datasource, consulted
from imagegen.knowledge.motd import motd_of
from imagegen.plan.facts import Rule
from imagegen.plan.work_out import release_for, work_out
from imagegen.profile.gate import Gate
from imagegen.profile.model import Profile
from imagegen.render.node import PYTHON_PATH, node_files, proven

_CLOUD = "/etc/cloud/cloud.cfg.d/90-imagegen.cfg"


def of_image(ours: Ours, files: Files) -> dict[str, Any]:
    """`check` and `cloudInit`."""
    python = (files.text(f"/{PYTHON_PATH}") or "").strip()
    return {"check": {"timeout": _duration(ours.timeout), "python": python or None,
                      "motd": None if ours.motd else False, **_beyond(ours)} if ours else {},
            "cloudInit": {"datasource": _datasource(files)} if ours else {}}


def _beyond(ours: Ours) -> dict[str, Any]:
    """What the check asks beyond the node; whose roles they are, the image does not say."""
    api, traffic = (next(ours.by_rule(rule), None) for rule in (Rule.API_STALE,
                                                                Rule.TRAFFIC_PROBE))
    return {"api": api and {"kubeconfig": api.get("kubeconfig"), "timeout": _seconds(api),
                            "condition": ours.tells_cluster or None},
            "traffic": traffic and {"to": _to(traffic), "timeout": _seconds(traffic)}}


def _seconds(expect: Expect) -> str | None:
    given = expect.get("timeout")
    return f"{given}s" if isinstance(given, int) else None


def _to(expect: Expect) -> str:
    address = str(expect.get("address"))
    return f"[{address}]:{expect.get('port')}" if ":" in address else (
        f"{address}:{expect.get('port')}")


def gated(ours: Ours) -> dict[str, Any]:
    """The gate, and its time where one waits for it; without the kubelet it would be refused."""
    kind, limit = ours.gate.get("kind"), ours.gate.get("timeoutSeconds")
    waits = kind == Gate.KUBELET.value and isinstance(limit, int | float)
    return {**({"gate": kind} if kind in (Gate.KUBELET.value, Gate.TAINT.value) else {}),
            **({"gateTimeout": _duration(limit)} if waits else {})}


def _duration(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    whole = float(seconds).is_integer()
    return f"{seconds:.0f}s" if whole else f"{seconds * 1000:.0f}ms"


def _datasource(files: Files) -> str | None:
    found = re.search(r"^datasource_list: \[(.*)\]$", files.text(_CLOUD) or "", re.M)
    listed = found[1].split(", ") if found else []
    return next((one.value for one in Datasource if list(consulted(one)) == listed), None)


def without_defaults(data: dict[str, Any], profile: Profile) -> None:
    """The release's own Python needs no word, nor logins that could not be told."""
    release, check = release_for(profile), data.get("check", {})
    if check.get("python") == release.python.path:
        del check["python"]
    if check.get("motd") is False and motd_of(release) is None:
        del check["motd"]


def tell_differences(ours: Ours, profile: Profile, notes: Notes) -> None:
    """An image of imagegen's says all its facts, so whatever comes out otherwise is known."""
    plan = work_out(profile, b"")
    now = {fact.id: fact.proof.expect for fact in proven(plan, node_files(profile, plan))}
    before = ours.promised()
    for name, (expect, source) in before.items():
        if name not in now:
            notes.add(f"{name} of the old image ({source}) is not carried over: add it by hand",
                      "os" if source.startswith("os.") else "kubeProxy")
        elif dict(now[name]) != dict(expect):
            notes.add(f"{name} comes out otherwise than in the old image: "
                      f"{_change(expect, now[name])}")
    for name in sorted(now.keys() - before.keys() - _OF_OURS):
        notes.add(f"{name} is new: the old image did not have it")


_OF_OURS = frozenset({"file.ipvs-check.pyz"})


def _change(old: Expect, new: Expect) -> str:
    return "; ".join(f"{key} {old.get(key)} becomes {new.get(key)}"
                     for key in sorted({*old, *new}) if old.get(key) != new.get(key))
