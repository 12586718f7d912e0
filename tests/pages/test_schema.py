"""The JSON Schema: published as it is made, and in one mind with the loader about shapes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from imagegen.knowledge.pages import field_pages
from imagegen.pages.schema import PUBLISHED, schema, schema_text
from imagegen.pages.walk import fields
from imagegen.profile.check import check_bytes
from imagegen.profile.fields import RULES
from imagegen.profile.source import read_source
from tests.pages.grafts import grafted
from tests.profile.strategies import broken, good
from tests.profiles import as_yaml, changed, document
from tests.verbs import PROFILES, ROOT, process

SCHEMA = schema()
VALID = Draft7Validator(SCHEMA)
WRONG = ROOT / "tests/profile/wrong"
# rules that say of one place alone that its shape is wrong; patterns have rules of their own
SHAPE = {"unknown-key", "missing-key", "wrong-type", "not-a-choice", "out-of-bounds", "too-long",
         "unquoted-text", "cluster-cidr-list", "kube-proxy-field-refused", "address-form",
         "cidr-prefix", "duration-form", "duration-unit", "endpoint-form", "file-mode",
         *RULES.values()}


def rules(path: Path) -> set[str]:
    return {found.rule for found in check_bytes(path.name, path.read_bytes()).findings}


def of_shape() -> list[str]:
    """The wrong profiles whose every fault is one of shape."""
    return sorted(path.stem for path in WRONG.glob("*.yaml") if rules(path) <= SHAPE)


def test_the_published_one_is_the_one_made() -> None:
    """`imagegen schema > schema/imagegen-v1alpha1.schema.json` makes it so."""
    assert (ROOT / PUBLISHED).read_text() == schema_text() == process("schema").out


def test_it_is_a_schema_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert "$ref" not in schema_text()


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.yaml")), ids=lambda path: path.stem)
def test_good_profiles_pass(path: Path) -> None:
    text = path.read_text()
    VALID.validate(read_source(path.name, text.encode()).value)
    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == ROOT / PUBLISHED


@pytest.mark.parametrize("path", sorted(field_pages()))
def test_every_example_passes(path: str) -> None:
    data = grafted(path, field_pages()[path])
    VALID.validate(read_source("p.yaml", as_yaml(data)).value)


@pytest.mark.parametrize("name", of_shape())
def test_wrong_shapes_are_refused(name: str) -> None:
    value = read_source(f"{name}.yaml", (WRONG / f"{name}.yaml").read_bytes()).value
    assert not VALID.is_valid(value)


def test_there_are_enough_wrong_shapes() -> None:
    assert len(of_shape()) >= 60


def really_refused(*files: Path) -> set[Path]:
    """What a real program refuses by the published schema; it reads YAML in its own way."""
    program = Path(sys.executable).parent / "check-jsonschema"
    assert program.exists(), "check-jsonschema is not installed: ./dev setup brings it"
    done = subprocess.run([str(program), "-o", "json", "--schemafile", str(ROOT / PUBLISHED),
                           *map(str, files)], capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert done.returncode == (0 if said["status"] == "ok" else 1), done.stderr
    return {Path(error["filename"]) for error in (*said.get("errors", ()),
                                                  *said.get("parse_errors", ()))}


def test_a_real_program_judges_by_it(tmp_path: Path) -> None:
    good = [*PROFILES.glob("*.yaml"), ROOT / "tests/guests/full-node.yaml"]
    for path, page in field_pages().items():
        good.append(tmp_path / f"{path}.yaml")
        good[-1].write_bytes(as_yaml(grafted(path, page)))
    assert really_refused(*good) == set()
    wrong = [WRONG / f"{name}.yaml" for name in of_shape()]
    assert really_refused(*wrong) == set(wrong)


def test_the_published_one_follows_its_own_schema() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"
    subprocess.run([str(program), "--check-metaschema", str(ROOT / PUBLISHED)], check=True)


@settings(max_examples=150, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.one_of(good(), broken()))
def test_it_refuses_nothing_that_passes(data: Any) -> None:
    """It is kinder than the loader, never stricter."""
    text = as_yaml(data)
    if not check_bytes("p.yaml", text).errors:
        VALID.validate(read_source("p.yaml", text).value)


def at(path: str) -> dict[str, Any]:
    """The schema's place for a field."""
    node: Any = SCHEMA
    for part in path.replace("[]", ".[]").split("."):
        options = [node, *node.get("anyOf", [])]
        node = next(found for option in options for found in (
            option.get("items") if part == "[]" else
            option.get("additionalProperties") or next(iter(
                option.get("patternProperties", {}).values()), None) if part == "*" else
            option.get("properties", {}).get(part),) if found)
    return dict(node)


@pytest.mark.parametrize("field", [field for field in fields() if not field.section],
                         ids=lambda field: field.path)
def test_every_field_is_described_at_its_place(field: Any) -> None:
    page, node = field_pages()[field.path], at(field.path)
    assert node["description"].startswith(page.meaning)
    assert node["examples"] == [page.example]
    assert Draft7Validator(node).is_valid(page.example)


def test_sections_are_described() -> None:
    assert at("kubeProxy.config")["description"].startswith("KubeProxyConfiguration")


@pytest.mark.parametrize("changes", [
    {"extends": "base.yaml"}, {"extends": ["a.yaml", "b.yaml"]},
])
def test_a_profile_that_extends_need_not_be_whole(changes: dict[str, Any]) -> None:
    VALID.validate(changes)
    VALID.validate({**changes, "kubeProxy": {"verbosity": 3, "config": None}, "os": None})
    assert not VALID.is_valid({**changes, "os": {"files": [{"content": "x"}]}})
    assert not VALID.is_valid({**changes, "bogus": 1})


@pytest.mark.parametrize("value", [1, "", [1], {"a": 1}, [""]])
def test_what_extends_cannot_be(value: object) -> None:
    assert not VALID.is_valid({**document(), "extends": value})


def test_null_is_for_what_may_be_left_out() -> None:
    VALID.validate(changed({"kubeProxy.config.ipvs.scheduler": None, "os.release": None}))
    assert not VALID.is_valid(changed({"kubeProxy.version": None}))
    assert not VALID.is_valid(changed({"metadata": None}))
    assert json.loads(schema_text()) == SCHEMA


def offered(node: Any) -> list[Any]:
    """What an editor makes choices of, anywhere: a type, a choice, a constant, a default."""
    if isinstance(node, list):
        return [one for item in node for one in offered(item)]
    if not isinstance(node, dict):
        return []
    types = node.get("type", [])
    own = [*([types] if isinstance(types, str) else types), *node.get("enum", ()),
           *(node[word] for word in ("const", "default") if word in node)]
    inner = [value for word, value in node.items()
             if word in ("items", "anyOf", "allOf", "oneOf", "if", "then", "else",
                         "additionalProperties")]
    named = [list(node.get(word, {}).values()) for word in ("properties", "patternProperties")]
    return own + [one for value in (*inner, *named) for one in offered(value)]


def test_no_editor_offers_null() -> None:
    found = offered(SCHEMA)
    assert {"wrr", "systemd", "object", False} <= {one for one in found if isinstance(
        one, str | bool)}
    assert None not in found and "null" not in found


@pytest.mark.parametrize("value", [None, "wrr"])
def test_a_choice_may_be_missing_and_no_other(value: str | None) -> None:
    place = Draft7Validator(at("kubeProxy.config.ipvs.scheduler"))
    assert place.is_valid(value)
    assert not any(place.is_valid(wrong) for wrong in ("null", "wwr", 1, True, [], {}))
