"""A profile to start from: a person's answers, with the pages' words as comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from imagegen.common.errors import InputError, InputErrors
from imagegen.knowledge.families import USUAL_PODS, Family
from imagegen.knowledge.pages import field_pages
from imagegen.pages.examples import as_yaml, put
from imagegen.pages.walk import Field, fields
from imagegen.profile.check import check_bytes
from imagegen.profile.problem import Finding

WIDTH = 92
# what stands in it, in this order; the sections are in the model's order
PATHS = ("apiVersion", "kind", "metadata.name", "os.distribution", "os.release",
         "cluster.serviceCIDR", "cluster.podCIDR", "cluster.apiServers", "kubeProxy.version",
         "kubeProxy.config.ipvs.scheduler", "check.timeout")
# what is asked for: the rest is the same in every profile, or has a default that fits most
ASKED = PATHS[2:-1]
HEAD = """\
# A profile of imagegen. `imagegen explain` lists all that can stand in it, and `imagegen explain
# FIELD` shows a field's page. Next: `imagegen check` this file, then `imagegen render` it.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A field as it is asked for; `usual` is what stands there where nothing is answered."""

    path: str
    words: str
    choices: tuple[str, ...]
    usual: Any


def questions() -> list[Question]:
    """What has to be known of a cluster, in the order of the profile."""
    known = _known()
    return [Question(path, _sentence(path), known[path].choices, _usual(known[path]))
            for path in ASKED]


@cache
def _known() -> dict[str, Field]:
    return {field.path: field for field in fields()}


def _sentence(path: str) -> str:
    return field_pages()[path].meaning.partition(". ")[0].rstrip(".") + "."


def _usual(field: Field) -> Any:  # noqa: ANN401
    """The model's default; the page's example where a value must be given."""
    return field_pages()[field.path].example if field.required else field.default


def usual(path: str, answers: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """What stands at a path where nothing is answered, beside what is: pods have the families that
    services have."""
    services = answers.get("cluster.serviceCIDR")
    if path == "cluster.podCIDR" and isinstance(services, str):
        families = (Family.IPV6 if ":" in one else Family.IPV4 for one in services.split(","))
        return ",".join(USUAL_PODS[family] for family in dict.fromkeys(families))
    return _usual(_known()[path])


def starter(answers: Mapping[str, Any]) -> str:
    """The profile's text. Raises InputError or InputErrors where the answers cannot work."""
    if found := faults(answers):
        raise found[0] if len(found) == 1 else InputErrors(found)
    return _text(answers)


def faults(answers: Mapping[str, Any]) -> list[InputError]:
    """What is wrong with some answers; there is no file yet, so nothing has a place."""
    odd = [path for path, value in answers.items()
           if not "".join(value if isinstance(value, list) else [str(value)]).isascii()]
    if odd:
        return [InputError(f"{path}: only ASCII characters have a meaning here") for path in odd]
    findings = check_bytes("profile", _text(answers).encode()).errors
    return [_placeless(found) for found in findings]


def _placeless(found: Finding) -> InputError:
    return InputError(found.what, hint=found.hint, rule=found.rule)


def _text(answers: Mapping[str, Any]) -> str:
    given = {path: answers[path] if path in answers else usual(path, answers) for path in PATHS}
    return HEAD + "\n".join(_lines(given)) + "\n"


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
    yield textwrap.indent(as_yaml(data).rstrip("\n"), mark)
