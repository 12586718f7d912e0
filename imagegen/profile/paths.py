"""What a profile puts where on the node, and whether all of that can be there at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from imagegen.knowledge.distributions import Release
from imagegen.knowledge.kubernetes import Form
from imagegen.knowledge.paths import FLEETING, OWN, one_name, within
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

# A folder's claim is a name within it: a file beside that name is no clash.
_FOLDER = "/."


@dataclass(frozen=True, slots=True)
class _Claim:
    """A path on the node, and the profile's value that asks for it."""

    path: str
    asked: tuple[str | int, ...]
    baked: bool = True

    @property
    def place(self) -> str:
        return one_name(self.path)

    @property
    def shown(self) -> str:
        return self.path.removesuffix(_FOLDER)

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.asked)


def path_problems(profile: Profile, form: Form, release: Release | None) -> Iterator[Problem]:
    """Each path once, none of imagegen's, none that does not last, no file where a folder is."""
    masked = release.masked if release else ()
    own = [*OWN, *(f"/etc/systemd/system/{unit}" for unit, _ in masked)]
    claims = _claims(profile, form)
    for number, claim in enumerate(claims):
        yield from _owned(claim, own)
        yield from _fleeting(claim)
        yield from _clashes(claim, claims[:number])


def _claims(profile: Profile, form: Form) -> list[_Claim]:
    proxy = profile.kube_proxy
    claims = [_Claim(proxy.path, ("kubeProxy", "path")),
              _Claim(proxy.kubeconfig, ("kubeProxy", "kubeconfig"), baked=False)]
    if form is Form.CONFIG:
        claims.append(_Claim(proxy.config_file, ("kubeProxy", "configFile")))
    claims += [_Claim(file.path, ("os", "files", index, "path"))
               for index, file in enumerate(profile.os.files)]
    if proxy.working_directory is not None:
        claims.append(_Claim(f"{proxy.working_directory}{_FOLDER}",
                             ("kubeProxy", "workingDirectory"), baked=False))
    return claims


def _owned(claim: _Claim, own: list[str]) -> Iterator[Problem]:
    if any(within(claim.place, path) or within(path, claim.place) for path in own):
        yield Problem(claim.asked, f"{claim.shown} is written by imagegen itself, or is a folder "
                      "that it writes in", "choose another path", rule="path-of-imagegen")


def _fleeting(claim: _Claim) -> Iterator[Problem]:
    for folder, why in FLEETING.items():
        if claim.baked and within(claim.place, folder):
            yield Problem(claim.asked, f"{claim.shown} would not stay as it was baked: {why}",
                          "choose another path, or bring the file with the node's seed",
                          rule="path-fleeting")
            return
    if claim.baked and claim.place.startswith("/etc/ssh/ssh_host_"):
        yield Problem(claim.asked, f"{claim.shown} is a host key: every node makes its own",
                      "remove it", rule="path-host-key")


def _clashes(claim: _Claim, before: list[_Claim]) -> Iterator[Problem]:
    for other in before:
        if claim.place == other.place:
            yield Problem(claim.asked, f"{claim.shown} is written twice (also by {other.name})",
                          "keep one of them", rule="path-twice")
        elif within(claim.place, other.place) or within(other.place, claim.place):
            yield Problem(claim.asked, f"{claim.shown} and {other.shown} ({other.name}) cannot "
                          "both be there: one is a file where the other needs a folder",
                          "choose another path", rule="path-clash")
