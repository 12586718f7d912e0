"""The JSON Schema of a profile, for editors: the model's own, with the pages' words.

Draft 7, which the YAML language server knows in all its versions, and without references, since
draft 7 drops what stands beside one: each place has its own description. It is kinder than
`imagegen check`: it knows shapes, not what two fields say together, and a value that is not yet
there is no error while somebody types it. null is taken and not offered: it is of use only where a
profile extends another.
"""

from __future__ import annotations

import json
from typing import Any

from imagegen.knowledge.pages import field_pages
from imagegen.pages.walk import Field, fields
from imagegen.profile.model import Profile
from imagegen.profile.source import EXTENDS

DRAFT = "http://json-schema.org/draft-07/schema#"
PUBLISHED = "schema/imagegen-v1alpha1.schema.json"
Schema = dict[str, Any]


def schema() -> Schema:
    """The schema as data."""
    raw = Profile.model_json_schema(by_alias=True)
    whole: Schema = _offer_no_null(_inlined(raw, raw.get("$defs", {})))
    whole["properties"][EXTENDS] = _EXTENDS
    known = {field.path: field for field in fields()}
    _describe(whole, "", known)
    required = _take_required(whole)
    _allow_nothing(whole, required)
    return {"$schema": DRAFT, "title": "A cluster profile of imagegen, v1alpha1", **whole,
            "if": {"required": [EXTENDS]}, "then": {}, "else": required}


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


_NOTHING: Schema = {"not": {"type": ["array", "boolean", "number", "object", "string"]}}
_PATH: Schema = {"type": "string", "minLength": 1}
_EXTENDS: Schema = {"anyOf": [_PATH, {"type": "array", "items": _PATH}]}


def _inlined(node: Any, definitions: Schema) -> Any:  # noqa: ANN401
    """Without references, and without the titles that pydantic makes of names."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if reference := node.get("$ref"):
        definition = definitions[reference.rpartition("/")[2]]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined({**definition, **rest}, definitions)
    return {key: {name: _inlined(item, definitions) for name, item in value.items()}
            if key == "properties" else _inlined(value, definitions)
            for key, value in node.items() if key not in ("title", "$defs", "description")}


def _describe(node: Schema, path: str, known: dict[str, Field]) -> None:
    """Words at each place: the page's, or what the section's class says of it."""
    if path in known:
        node |= _words(known[path])
        if pattern := known[path].pattern:
            _place_of(node)["pattern"] = pattern
    for name, inner in node.get("properties", {}).items():
        _describe(inner, f"{path}.{name}" if path else name, known)
    for free in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
        if isinstance(free, dict):
            _describe(free, f"{path}.*", known)
    if isinstance(items := node.get("items"), dict):
        _describe(items, f"{path}[]", known)
    for option in node.get("anyOf", []):
        for word in ("properties", "items", "additionalProperties", "patternProperties"):
            if word in option:
                _describe({word: option[word]}, path + "\0", _shifted(known, path))


def _place_of(node: Schema) -> Schema:
    """Where a pattern belongs: the value itself, a list's items, or the keys of a mapping.

    pydantic leaves it out of its schema where a validator comes before it.
    """
    options = [node, *node.get("anyOf", [])]
    for option in options:
        if option.get("type") == "array":
            return option.setdefault("items", {})  # type: ignore[no-any-return]
        if option.get("type") == "object":
            return option.setdefault("propertyNames", {})  # type: ignore[no-any-return]
    return node


def _shifted(known: dict[str, Field], path: str) -> dict[str, Field]:
    """The fields below a path under a name of its own, so that the place is not described twice."""
    return {path + "\0" + name[len(path):]: field for name, field in known.items()
            if name.startswith((f"{path}.", f"{path}[]"))}


def _words(field: Field) -> Schema:
    page = field_pages().get(field.path)
    if page is None:
        return {"description": field.doc} if field.doc else {}
    versions = [f"Since Kubernetes {page.since}."] if page.since else []
    versions += [f"Until Kubernetes {page.until}."] if page.until else []
    return {"description": " ".join([page.meaning, *versions]) + f"\n\nType: {field.words}.\n\n"
            f"Without it, or with a wrong value: {page.without}", "examples": [page.example]}


def _offer_no_null(node: Any) -> Any:  # noqa: ANN401
    """Null by a `not`, which no editor makes a choice of, and never as a default."""
    if isinstance(node, list):
        return [_offer_no_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node == {"type": "null"}:
        return _NOTHING
    return {key: _offer_no_null(value) for key, value in node.items()
            if (key, value) != ("default", None)}


def _take_required(node: Schema) -> Schema:
    """What must be given, taken out of the schema: a profile that extends others inherits it.

    A list's items stay whole, since a list is replaced and not merged.
    """
    taken: Schema = {"required": node.pop("required")} if "required" in node else {}
    for word in ("properties", "patternProperties"):
        inner = {name: below for name, part in node.get(word, {}).items()
                 if (below := _take_required(part))}
        taken |= {word: inner} if inner else {}
    if isinstance(free := node.get("additionalProperties"), dict) and (
            below := _take_required(free)):
        taken["additionalProperties"] = below
    for option in node.get("anyOf", []):
        taken |= _take_required(option)
    return taken


def _allow_nothing(node: Schema, required: Schema) -> None:
    """null takes an inherited value away, and stands there while somebody types.

    It is taken, and nothing that an editor would offer.
    """
    for name, part in node.get("properties", {}).items():
        _allow_nothing(part, required.get("properties", {}).get(name, {}))
        if name in required.get("required", ()) or name == EXTENDS:
            continue
        value = {word: part.pop(word) for word in ("type", "enum", "const") if word in part}
        if value:
            part["anyOf"] = [value, _NOTHING]
