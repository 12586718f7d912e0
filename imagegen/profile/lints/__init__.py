"""What no single field can know: a profile that reads well and still cannot work."""

from __future__ import annotations

from imagegen.profile.lints.cluster import api_servers, ranges
from imagegen.profile.lints.image import mirrors, release
from imagegen.profile.lints.kube_proxy import form, scheduler, versions
from imagegen.profile.lints.node import modules, paths
from imagegen.profile.lints.sysctls import sysctls
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

LINTS = (release, versions, scheduler, form, ranges, api_servers, mirrors, paths, modules, sysctls)


def lint(profile: Profile) -> list[Problem]:
    """All findings of all lints."""
    return [problem for check in LINTS for problem in check(profile)]
