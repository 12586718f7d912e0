"""A profile to start from: a person's answers, with the pages' words as comments."""

from __future__ import annotations

import ipaddress
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from imagegen.common.errors import InputError, InputErrors
from imagegen.knowledge.distributions import RELEASES, Distribution, Manager, Release, release_of
from imagegen.knowledge.families import USUAL_PODS, USUAL_SERVICES, Family, Network
from imagegen.knowledge.kubernetes_releases import released_versions
from imagegen.knowledge.pages import field_pages
from imagegen.pages.examples import as_yaml, put
from imagegen.pages.walk import Field, fields
from imagegen.profile.check import check_bytes
from imagegen.profile.problem import Finding

WIDTH = 92
# what can stand in it, in this order; the sections are in the model's order
PATHS = ("apiVersion", "kind", "metadata.name", "os.distribution", "os.release",
         "cluster.serviceCIDR", "cluster.podCIDR", "cluster.apiServers", "kubeProxy.version",
         "kubeProxy.binary.from", "kubeProxy.binary.url", "kubeProxy.binary.sha256",
         "kubeProxy.config.ipvs.scheduler",
         "image.base.from", "image.base.path", "image.base.url", "image.base.sha256",
         "check.timeout", "check.python")
# a path or a URL in one answer; in the profile it is `from`, and `path` or `url`
BASE = "image.base"
BASE_SHA256, PROXY_URL, PROXY_SHA256 = PATHS[16], PATHS[10], PATHS[11]
SERVICES, PODS = "cluster.serviceCIDR", "cluster.podCIDR"
# stands where a digest is not known yet; no file has it, and `imagegen check` refuses it
UNKNOWN_SHA256 = "0" * 64
# stands for it while the rest is judged
_SOME_SHA256 = "5e" * 32
PYTHON = "/opt/python/bin/python3"
HEAD = """\
# A profile of imagegen. `imagegen explain` lists all that can stand in it, and `imagegen explain
# FIELD` shows a field's page. Next: `imagegen check` this file, then `imagegen render` it.
"""
TO_FILL_IN = "To fill in: 64 zeros are no file's digest, and `imagegen check` refuses them."
_LATER = "Empty leaves a place to fill in, which `imagegen check` refuses until then."


@dataclass(frozen=True, slots=True)
class Question:
    """A field as it is asked for; `usual` is what stands there where nothing is answered."""

    path: str
    words: str
    choices: tuple[str, ...]
    usual: Any


def next_question(answers: Mapping[str, Any]) -> Question | None:
    """What has to be known next, in an order in which an answer depends on earlier ones alone."""
    path = next((path for path in _asked(answers) if path not in answers), None)
    return None if path is None else Question(path, _words(path, answers), _choices(path, answers),
                                              usual(path, answers))


def _asked(answers: Mapping[str, Any]) -> Iterator[str]:
    release = _release(answers)
    yield from ("metadata.name", "os.distribution", "os.release")
    if _needs_base(release):
        yield BASE
        if answers.get(BASE):
            yield BASE_SHA256
    # before the ranges: a version has its say on their size
    yield "kubeProxy.version"
    if _is_ignited(release):
        yield from (PROXY_URL, PROXY_SHA256)
    yield from (SERVICES, PODS, "cluster.apiServers", "kubeProxy.config.ipvs.scheduler")
    if _lacks_python(release):
        yield "check.python"


def _needs_base(release: Release | None) -> bool:
    return release is not None and release.mirror is None and not _is_ignited(release)


def _is_ignited(release: Release | None) -> bool:
    return release is not None and release.manager is Manager.NONE


def _lacks_python(release: Release | None) -> bool:
    return release is not None and not release.python.path


def _release(answers: Mapping[str, Any]) -> Release | None:
    """The table's entry for what is answered, if there is one."""
    name = str(answers.get("os.distribution", usual("os.distribution", answers)))
    if name not in list(Distribution):
        return None
    return release_of(name, str(answers.get("os.release", usual("os.release", answers))))


def _words(path: str, answers: Mapping[str, Any]) -> str:
    if path == BASE:
        release = _release(answers)
        title = release.title if release else ""
        return (f"The base image: the path or URL of a cloud image of {title}, which imagegen "
                f"cannot make from a mirror. {_LATER}")
    sentence = field_pages()[path].meaning.partition(". ")[0].rstrip(".") + "."
    return f"{sentence} {_LATER}" if path in (BASE_SHA256, PROXY_SHA256) else sentence


def _choices(path: str, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """A distribution's releases, and the distributions that have a release."""
    if path == "os.release":
        return releases_of(str(answers.get("os.distribution")))
    if path == BASE:
        return ()
    known = _known()[path].choices
    release = answers.get("os.release")
    if path == "os.distribution" and release is not None:
        return tuple(name for name in known if release in releases_of(name)) or known
    return known


def known_values(path: str, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of a field that can be listed, and that fit what is answered."""
    if path == "kubeProxy.version":
        return tuple(dict.fromkeys([str(_default(path)), *released_versions()]))
    return _choices(path, {"os.distribution": usual("os.distribution", answers), **answers})


def releases_of(distribution: str) -> tuple[str, ...]:
    """The releases of a distribution, the newest last."""
    return tuple(release for name, release in RELEASES if name == distribution)


@cache
def _known() -> dict[str, Field]:
    return {field.path: field for field in fields()}


def _default(path: str) -> Any:  # noqa: ANN401
    """The model's default; the page's example where a value must be given."""
    field = _known()[path]
    return field_pages()[path].example if field.required else field.default


def usual(path: str, answers: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """What stands at a path where nothing is answered, so that it fits what is answered."""
    if path == "os.distribution":
        return _choices(path, answers)[0] if "os.release" in answers else _default(path)
    if path == "os.release":
        return _usual_release(answers)
    if path in (SERVICES, PODS):
        return _free_ranges(path, answers)
    if path == PROXY_URL:
        version = answers.get("kubeProxy.version", _default("kubeProxy.version"))
        return f"https://dl.k8s.io/release/v{version}/bin/linux/amd64/kube-proxy"
    if path in (BASE_SHA256, PROXY_SHA256):
        return UNKNOWN_SHA256
    if path == "check.python":
        return PYTHON
    return "" if path == BASE else _default(path)


def _usual_release(answers: Mapping[str, Any]) -> str:
    """The newest; of the distribution that a profile has by default, that default's release."""
    distribution = answers.get("os.distribution", _default("os.distribution"))
    if distribution == _default("os.distribution"):
        return str(_default("os.release"))
    return (str(_default("os.release")), *releases_of(str(distribution)))[-1]


def _free_ranges(path: str, answers: Mapping[str, Any]) -> str:
    """A range of each family that the other ranges have, the first that overlaps none of them.

    API servers have no address in a range either.
    """
    others = _ranges(answers.get(PODS if path == SERVICES else SERVICES))
    servers = _addresses(answers.get("cluster.apiServers"))
    if not others and not servers:
        return str(_default(path))
    candidates = USUAL_PODS if path == PODS else USUAL_SERVICES
    families = dict.fromkeys(map(Family.of, others or servers[:1]))
    return ",".join(_first_free(candidates[family], [*others, *servers]) for family in families)


def _first_free(candidates: tuple[str, ...], taken: list[Network]) -> str:
    for candidate in candidates:
        own = ipaddress.ip_network(candidate)
        if not any(one.version == own.version and one.overlaps(own) for one in taken):
            return candidate
    return candidates[0]


def _ranges(text: object) -> list[Network]:
    try:
        return [ipaddress.ip_network(one) for one in str(text or "").split(",") if one]
    except ValueError:
        return []  # refused as it is


def _addresses(servers: object) -> list[Network]:
    hosts = (str(server).rpartition(":")[0].strip("[]")
             for server in (servers if isinstance(servers, list) else ()))
    return [network for host in hosts for network in _ranges(host)]


def starter(answers: Mapping[str, Any]) -> str:
    """The profile's text. Raises InputError or InputErrors where the answers cannot work."""
    if found := faults(answers):
        raise found[0] if len(found) == 1 else InputErrors(found)
    return _text(answers)


def faults(answers: Mapping[str, Any]) -> list[InputError]:
    """What is wrong with some answers; there is no file yet, so nothing has a place.

    A place to fill in is no fault here.
    """
    odd = [path for path, value in answers.items()
           if not "".join(value if isinstance(value, list) else [str(value)]).isascii()]
    if odd:
        return [InputError(f"{path}: only ASCII characters have a meaning here") for path in odd]
    if answers.get(BASE) and _is_ignited(release := _release(answers)):
        return [InputError(f"{release.title if release else ''} is configured by Ignition and not "
                           "baked, so there is no base image to name", hint="leave it out")]
    judged = _text(answers).replace(UNKNOWN_SHA256, _SOME_SHA256)
    return [_placeless(found) for found in check_bytes("profile", judged.encode()).errors]


def unfilled(answers: Mapping[str, Any]) -> list[str]:
    """The fields where a place is left to fill in."""
    return [path for path, value in (_base(answers) | _program(answers)).items()
            if value == UNKNOWN_SHA256]


def _placeless(found: Finding) -> InputError:
    return InputError(found.what, hint=found.hint, rule=found.rule)


def _text(answers: Mapping[str, Any]) -> str:
    given = _base(answers) | _program(answers)
    release = _release(answers)
    for path in PATHS:
        if path.startswith(("image.", "kubeProxy.binary.")):
            continue
        if path == "check.python" and path not in answers and not _lacks_python(release):
            continue
        given[path] = answers[path] if path in answers else usual(path, answers)
    return HEAD + "\n".join(_lines({path: given[path] for path in PATHS if path in given})) + "\n"


def _base(answers: Mapping[str, Any]) -> dict[str, Any]:
    """`image.base`, where an image is given, or is to be."""
    base, release = str(answers.get(BASE) or ""), _release(answers)
    if not base and not _needs_base(release):
        return {BASE_SHA256: answers[BASE_SHA256]} if BASE_SHA256 in answers else {}
    if release is not None:
        base = base or f"{release.distribution}-{release.release}.qcow2"
    kind = "url" if "://" in base else "path"
    return {"image.base.from": kind, f"image.base.{kind}": base,
            BASE_SHA256: answers.get(BASE_SHA256) or UNKNOWN_SHA256}


def _program(answers: Mapping[str, Any]) -> dict[str, Any]:
    """`kubeProxy.binary`, where the program is given, or is to be."""
    given = [path for path in (PROXY_URL, PROXY_SHA256) if path in answers]
    if not given and not _is_ignited(_release(answers)):
        return {}
    return {"kubeProxy.binary.from": "url",
            **{path: answers.get(path) or usual(path, answers)
               for path in (PROXY_URL, PROXY_SHA256)}}


def _lines(given: Mapping[str, Any]) -> Iterator[str]:
    """Each field under its sections, each section named once."""
    opened: list[str] = []
    for path, value in given.items():
        *sections, name = path.split(".")
        same = 0
        while same < len(sections) and opened[same:same + 1] == sections[same:same + 1]:
            same += 1
        if same < len(sections) and same == 0:
            yield ""
        for depth in range(same, len(sections)):
            yield f"{'  ' * depth}{sections[depth]}:"
        opened = sections
        yield from _field(path, name, value, "  " * len(sections))


def _field(path: str, name: str, value: Any, indent: str) -> Iterator[str]:  # noqa: ANN401
    """The comment and the value; a field without a value is there as an example to uncomment."""
    page = field_pages()[path]
    if indent:
        yield from textwrap.wrap(page.meaning, WIDTH, initial_indent=f"{indent}# ",
                                 subsequent_indent=f"{indent}# ", break_on_hyphens=False)
    dead = value in (None, [], "")
    data: dict[str, Any] = {}
    put(data, name, page.example if dead else value)
    mark = f"{indent}# " if dead else indent
    if value == UNKNOWN_SHA256:
        yield f"{indent}# {TO_FILL_IN}"
    yield textwrap.indent(as_yaml(data).rstrip("\n"), mark)
