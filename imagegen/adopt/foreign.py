"""The `os` section of a node that others made, beyond its sysctls and modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagegen.adopt.accounts import adopted_users
from imagegen.adopt.boot import adopted_arguments, adopted_swap
from imagegen.adopt.clock import adopted_servers
from imagegen.adopt.extent import modprobe_files
from imagegen.adopt.kubelet import adopted_kubelet, extra_arguments, kubelets_config
from imagegen.adopt.mirrors import adopted_mirrors
from imagegen.adopt.notes import Notes
from imagegen.adopt.packages import adopted_packages
from imagegen.adopt.proxies import adopted_proxy_of
from imagegen.adopt.repositories import adopted_repositories
from imagegen.adopt.runtime import adopted_containerd
from imagegen.adopt.secrets import tell_secrets
from imagegen.adopt.system import same_release
from imagegen.adopt.tree import Files
from imagegen.adopt.trust import adopted_authorities
from imagegen.adopt.units import adopted_units
from imagegen.plan.kernel import wanted_modules
from imagegen.plan.work_out import release_for
from imagegen.profile.lints.units import units_of_ours
from imagegen.profile.model import Profile

# imagegen writes or decides them where the profile has the field
_OURS = frozenset({"containerd.service", "kubelet.service"})


def os_of_foreign(files: Files, profile: Profile, packages: Mapping[str, str],
                  notes: Notes) -> dict[str, Any]:
    """Each field that the node's files say plainly; a note for the rest."""
    release = release_for(profile)
    tools = adopted_packages(list(packages), release, notes)
    kubelet = adopted_kubelet(files, packages, profile.kube_proxy.version, notes)
    units = adopted_units(files, units_of_ours(profile) | _OURS, tools, notes)
    tell_secrets(files, notes)
    same = release if same_release(files, release) else None
    repositories = adopted_repositories(files, same, notes)
    return {
        "packages": tools,
        "files": [*units.files.values(),
                  *modprobe_files(files, frozenset(
                      one.name for one in wanted_modules(profile, release)), notes),
                  *(extra_arguments(files, notes) if kubelet else []),
                  *repositories.files],
        "units": units.units,
        "users": adopted_users(files, notes),
        "caCertificates": adopted_authorities(files, notes),
        "proxy": adopted_proxy_of(files, notes),
        "packageMirrors": [*adopted_mirrors(files, same, notes), *repositories.mirrors],
        "timeServers": adopted_servers(files, notes),
        "kernelArguments": adopted_arguments(files, notes),
        "swap": adopted_swap(files, kubelets_config(files), notes),
        "containerd": adopted_containerd(files, packages, release, notes),
        "kubelet": kubelet,
    }
