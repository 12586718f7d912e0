"""The base image and where its packages come from."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import RELEASES, Distribution, Manager, Release, release_of
from imagegen.knowledge.kubernetes import Mode
from imagegen.knowledge.modules import SCHEDULER_SINCE, Scheduler
from imagegen.profile.fields import shown
from imagegen.profile.image import BaseFrom
from imagegen.profile.kubeproxy import BinaryFrom
from imagegen.profile.model import Profile
from imagegen.profile.node_runtime import KubeletFrom
from imagegen.profile.problem import Problem, Severity


def known_release(profile: Profile) -> Release | None:
    """The table's entry for the profile's distribution, if there is one."""
    return release_of(profile.os.distribution, profile.os.release)


def release(profile: Profile) -> Iterator[Problem]:
    """A release that imagegen has no table for cannot be baked truthfully."""
    if known_release(profile) is None:
        family = profile.os.distribution
        known = ", ".join(f'"{release}"' for name, release in RELEASES if name == family)
        yield Problem(("os", "release"), f"{family} {shown(profile.os.release)} "
                      "is not known to imagegen", f"this version knows {family} {known}",
                      rule="distribution-unknown")


def mirrors(profile: Profile) -> Iterator[Problem]:
    """apt's sources take less than a URL may hold."""
    base = profile.image.base
    for key, url in (("mirror", base.mirror), ("securityMirror", base.security_mirror)):
        odd = sorted({char for char in url or "" if char in "@?#()*;$&!"})
        if odd:
            yield Problem(("image", "base", key), f"the mirror's URL holds {' '.join(odd)}, which "
                          "apt's sources do not take, and no credentials may be baked in",
                          "name a mirror by its plain http(s) address", rule="image-mirror-url")


def unused_base(profile: Profile) -> Iterator[Problem]:
    """A base image where nothing is baked."""
    found = known_release(profile)
    if (found is not None and found.manager is Manager.NONE
            and profile.image.base.source is not BaseFrom.MIRROR):
        yield Problem(("image", "base"), f"{found.title} is configured by Ignition and not baked, "
                      "so no base image is used", "remove image.base; give ignition/node.ign to a "
                      "stock image", rule="image-base-not-baked")


def base_from(profile: Profile) -> Iterator[Problem]:
    """A base is made from a mirror only where that was seen to boot; and one named is no trap."""
    found, base = known_release(profile), profile.image.base
    if found is None or found.manager is Manager.NONE:
        return
    if base.source is BaseFrom.MIRROR and found.mirror is None:
        yield Problem(("os", "distribution"), f"imagegen makes no base image of {found.title} "
                      "from a mirror", "give a cloud image of it: `from: path` or `from: url`, and "
                      "its sha256", rule="image-base-no-mirror")
    named = (base.url if base.source is BaseFrom.URL else base.path) or ""
    if found.distribution is Distribution.UBUNTU and "minimal" in named:
        yield Problem(("image", "base", base.source.value), f"{shown(named)} looks like a minimal "
                      f"image, and its {found.weak_kernels['linux-kvm']}",
                      "use the server image, or add linux-image-virtual to os.packages",
                      rule="image-base-minimal", severity=Severity.WARNING)


def python(profile: Profile) -> Iterator[Problem]:
    """A node that cannot run the check cannot be judged."""
    found = known_release(profile)
    if found is not None and not found.python.path and profile.check.python is None:
        yield Problem(("os", "distribution"), f"{found.title} has no Python, and the node's check "
                      "needs 3.9 or newer", "bring one (a system extension, say) and name its path "
                      "as check.python", rule="distribution-no-python")


def lacking(release: Release, scheduler: Scheduler) -> str:
    """Why a release's kernel lacks a scheduler; empty where it has it."""
    kernel, since = release.kernel, SCHEDULER_SINCE.get(scheduler, (0,))
    if kernel.version < since:
        return f"it came with kernel {'.'.join(map(str, since))}, and this is {kernel.series}"
    left_out = scheduler.module in kernel.lacks
    return f"its configuration of {kernel.series} leaves it out" if left_out else ""


def scheduler_of_kernel(profile: Profile) -> Iterator[Problem]:
    """A scheduler that the release's kernel does not have: kube-proxy would not start."""
    found, config = known_release(profile), profile.kube_proxy.config
    if found is None or config.mode is not Mode.IPVS:
        return
    scheduler = config.ipvs.scheduler
    if why := lacking(found, scheduler):
        others = [one.value for one in Scheduler if not lacking(found, one)]
        yield Problem(("kubeProxy", "config", "ipvs", "scheduler"), f"the kernel of {found.title} "
                      f"has no {scheduler.module}: {why}", f"use one of: {', '.join(others)}",
                      rule="kernel-lacks-scheduler")


def kernels(profile: Profile) -> Iterator[Problem]:
    """Kernels that lack what IPVS needs."""
    found = known_release(profile)
    if found is None:
        return
    for index, name in enumerate(profile.os.packages):
        if name in found.weak_kernels:
            yield Problem(("os", "packages", index), f"with {name} the node cannot be in IPVS "
                          f"mode: {found.weak_kernels[name]}",
                          f"remove it; {found.kernel.package} has all that is needed",
                          rule="kernel-lacks-modules")


def unmanaged(profile: Profile) -> Iterator[Problem]:
    """Without a package manager nothing can be installed, and nothing is baked."""
    found = known_release(profile)
    if found is None or found.manager is not Manager.NONE:
        return
    for index, name in enumerate(profile.os.packages):
        yield Problem(("os", "packages", index), f"{found.title} has no package manager that could "
                      f"install {shown(name)}", "bring it as a system extension, and remove it "
                      "here", rule="distribution-no-packages")
    if profile.kube_proxy.by_unit and profile.kube_proxy.binary.source is not BinaryFrom.URL:
        yield Problem(("kubeProxy", "binary", "from"), f"{found.title} gets kube-proxy by "
                      "Ignition, which needs a URL", "set `kubeProxy.binary.from: url`, the URL "
                      "and its sha256", rule="ignition-kube-proxy-url")
    kubelet = profile.os.kubelet
    if kubelet is not None and kubelet.source is not KubeletFrom.URL:
        yield Problem(("os", "kubelet", "from"), f"{found.title} gets its kubelet by Ignition, "
                      "which needs a URL", "set `os.kubelet.from: url`, the URL and its sha256",
                      rule="ignition-kubelet-url")
