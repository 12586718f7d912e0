"""Questions to the cluster that could not be asked, or would say nothing."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.kubernetes import Mode
from imagegen.profile.fields import seconds
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem


def beyond_the_node(profile: Profile) -> Iterator[Problem]:
    """`check.api` and `check.traffic` speak of the IPVS table, and need some time."""
    for name, asked in (("api", profile.check.api), ("traffic", profile.check.traffic)):
        if asked is None:
            continue
        if profile.kube_proxy.config.mode is not Mode.IPVS:
            yield Problem(("check", name), f"check.{name} looks at the IPVS table, and a node in "
                          f"mode {profile.kube_proxy.config.mode} has none",
                          f"remove check.{name}, or write `mode: ipvs`", rule="check-api-mode")
        if not 0 < seconds(asked.timeout) <= seconds(profile.check.timeout):
            yield Problem(("check", name, "timeout"), f"check.{name}.timeout {asked.timeout} "
                          "must be more than nothing, and no more than the whole check may take "
                          f"({profile.check.timeout})", "write 30s", rule="check-api-timeout")
