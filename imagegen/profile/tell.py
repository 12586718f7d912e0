"""pydantic's findings as sentences for a person, each at its place."""

from __future__ import annotations

import difflib
import re

from pydantic_core import ErrorDetails

from imagegen.common.errors import InputError
from imagegen.knowledge.kubernetes_fields import REFUSED
from imagegen.profile.fields import EXAMPLES, RULES, SHOWN, Refused, brief, shown
from imagegen.profile.near import keys_at, meant
from imagegen.profile.problem import name_of
from imagegen.profile.source import START, Path, Source

_CONFIG = ("kubeProxy", "config")
EMPTY = "give it a value, or remove the line"


def told(source: Source, detail: ErrorDetails) -> InputError:
    """One of pydantic's findings as a sentence at its place."""
    # a wrong key of a mapping is (…, key, '[key]'); the document has the key
    path, of_key = detail["loc"], "[key]" in detail["loc"]
    path = path[:-1] if of_key else path
    if detail["type"] == "extra_forbidden":
        return _unknown_key(source, path)
    if detail["type"] == "missing":
        return InputError(f"`{path[-1]}` is missing in {_parent(path)}",
                          where=source.place(path[:-1]), hint=f"add `{path[-1]}:`",
                          rule="missing-key")
    if detail["type"] in ("enum", "literal_error"):
        return _no_choice(source, path, detail)
    sentence = _sentence(detail)
    return InputError(f"{_dotted(path)}: {sentence}", where=source.place(path, of_key=of_key),
                      hint=_hint(sentence, source, path, detail), rule=_rule(detail))


# pydantic's kind of finding -> the rule
RULE_OF = {
    "": "wrong-type",  # what is not here is of a wrong type in some way
    "null": "no-value",
    "enum": "not-a-choice", "literal_error": "not-a-choice",
    "greater_than_equal": "out-of-bounds", "less_than_equal": "out-of-bounds",
    "too_long": "too-long", "string_too_long": "too-long",
}


def _rule(detail: ErrorDetails) -> str:
    if detail["input"] is None:
        return RULE_OF["null"]
    context = detail.get("ctx", {})
    if isinstance(error := context.get("error"), Refused):
        return error.rule
    if detail["type"] == "string_pattern_mismatch":
        return RULES[context["pattern"]]
    return RULE_OF.get(detail["type"], RULE_OF[""])


_UNFIT = "has characters that do not belong here, or too many or few of them"
_QUOTES = {*"\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"}
_BLANKS = {"\u00a0": "a non-breaking space", "\u202f": "a narrow non-breaking space",
           "\u200b": "a space of no width", "\ufeff": "a byte order mark", "\t": "a tab",
           "\n": "a line break", " ": "a blank"}


def _why_no_match(text: str, rule: str) -> str:
    """What of a text does not fit its pattern, by the cause that can be seen."""
    if not text:
        return "is empty"
    named = next((name for blank, name in _BLANKS.items() if blank in text), "")
    if named:
        return f"holds {named}"
    if set(text) & _QUOTES:
        return "holds a typographic quote, as word processors write them"
    odd = next((char for char in text if not char.isascii()), "")
    if odd:
        return f"holds {shown(odd)}, which is no ASCII character"
    if rule == "kubernetes-version-form":
        return _why_no_version(text)
    return _UNFIT


def _why_no_version(text: str) -> str:
    if re.fullmatch(r"v[0-9][0-9.]*", text):
        return "has a leading v"
    if re.fullmatch(r"v?[0-9]+\.[0-9]+\.[0-9]+[-+].*", text):
        return "names a pre-release or a build, and only releases are known"
    if re.fullmatch(r"v?[0-9]+(\.[0-9]+)?", text):
        return "is not all of a version"
    return _UNFIT


def _dotted(path: Path) -> str:
    return name_of(path) or "the document"


def _parent(path: Path) -> str:
    return f"`{_dotted(path[:-1])}`" if path[:-1] else "the profile"


def _sentence(detail: ErrorDetails) -> str:
    kind, context, given = detail["type"], detail.get("ctx", {}), _short(detail["input"])
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"{given} {_why_no_match(str(detail['input']), _rule(detail))}"
    if kind in ("too_long", "string_too_long"):
        return f"is longer than {context['max_length']} characters"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return f"must be {bound}, not {given}"
    wanted = _WANTED.get(kind)
    message = detail["msg"]
    return f"must be {wanted}, not {given}" if wanted else message[0].lower() + message[1:]


_WANTED = {"model_type": "a mapping of keys and values",
           "dict_type": "a mapping of keys and values", "tuple_type": "a list",
           "string_type": "text", "bool_type": "true or false", "int_type": "a whole number"}


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return shown(value) if isinstance(value, str) else brief(str(value))


def _hint(sentence: str, source: Source, path: Path, detail: ErrorDetails) -> str:
    raw = source.raw.get(path, "")
    if "put it in quotes" in sentence and len(raw) < SHOWN:
        return f'write "{raw}"'
    if detail["type"] == "string_pattern_mismatch":
        return f"write it like {EXAMPLES[detail['ctx']['pattern']]}"
    if detail["input"] is None:
        return EMPTY if path else START
    if detail["type"] in ("tuple_type", "dict_type") and isinstance(detail["input"], str):
        return _as_items(detail["type"], detail["input"])
    quoted = path in source.raw and source.place(path).text[source.place(path).column - 1:][:1]
    if detail["type"] in ("int_type", "bool_type") and quoted in ("'", '"'):
        return "write it without quotes"
    return "" if path else START


# what people have at hand, and how it becomes a profile
_OTHER_KINDS = {
    "KubeProxyConfiguration": "its fields go under `kubeProxy.config` of a profile; `imagegen "
                              "init` writes one to start from",
    "ClusterConfiguration": "a profile takes its ranges under `cluster` and its version as "
                            "`kubeProxy.version`; `imagegen init` writes one to start from",
}


def _as_items(kind: str, text: str) -> str:
    """A list or a mapping that was written as one text, as other tools have it."""
    between = "," if "," in text or text.startswith(("ssh-", "ecdsa-")) else None
    parts = [part.strip() for part in text.split(between) if part.strip()]
    if len(text) >= SHOWN or not parts:
        return ""
    if kind == "tuple_type":
        return f"write it like [{', '.join(map(_item, parts))}]"
    pairs = [part.partition("=") for part in parts]
    return "write it like {" + ", ".join(f"{brief(name)}: {brief(value)}" for name, equals, value
                                         in pairs if equals) + "}" if "=" in text else ""


def _item(text: str) -> str:
    plain = all(char.isalnum() or char in "./-_" for char in text)
    return brief(text) if plain else f'"{brief(text)}"'


# a choice by other words, as operators have them; empty for what imagegen bakes no node of
_WORDS = {"round-robin": "rr", "roundrobin": "rr", "weighted-round-robin": "wrr",
          "least-connection": "lc", "least-connections": "lc", "leastconn": "lc",
          "weighted-least-connection": "wlc", "source-hashing": "sh", "destination-hashing": "dh",
          "maglev": "mh", "iptables": "", "userspace": "", "kernelspace": "", "centos": "",
          "amazonlinux": "amazon", "amzn": "amazon", "alma": "almalinux", "rockylinux": "rocky",
          "redhat": "rhel"}


def _nearest(given: str, choices: list[str]) -> str:
    """The choice that was meant: in another case, by another word, or misspelt."""
    word = given.strip().lower().replace("_", "-").replace(" ", "-")
    word = _WORDS.get(word, word.removeprefix("ip-vs-"))
    plain = {choice.lower(): choice for choice in choices}
    near = [word] if word in plain else difflib.get_close_matches(word, plain, 1)
    return plain[near[0]] if near else ""


def _no_choice(source: Source, path: Path, detail: ErrorDetails) -> InputError:
    wanted = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
    near = _nearest(str(detail["input"])[:SHOWN], wanted.split(", "))
    hint = f"did you mean {near}?" if near else f"choose one of: {wanted}"
    hint = _OTHER_KINDS.get(str(detail["input"]), hint) if path == ("kind",) else hint
    return InputError(f"{_dotted(path)}: {_short(detail['input'])} is not one of: {wanted}",
                      where=source.place(path), hint=EMPTY if detail["input"] is None else hint,
                      rule=_rule(detail))


def _unknown_key(source: Source, path: Path) -> InputError:
    why = REFUSED.get(".".join(map(str, path[2:]))) if path[:2] == _CONFIG else None
    if why:
        return InputError(f"{_dotted(path)} does not belong into a profile: {why}",
                          where=source.place(path, of_key=True), hint="remove the line",
                          rule="kube-proxy-field-refused")
    return InputError(f"{shown(str(path[-1]))} is not a key of {_parent(path)}",
                      where=source.place(path, of_key=True), hint=_meant(path), rule="unknown-key")


def _meant(path: Path) -> str:
    found = meant(path)
    if found is None:
        return f"known here: {', '.join(sorted(keys_at(path[:-1])))}"
    if found[:-1] == path[:-1]:
        return f"did you mean `{found[-1]}`?"
    place = f"it belongs under `{_dotted(found[:-1])}`" if found[:-1] else "it belongs at the top"
    return place if found[-1] == path[-1] else f"{place}, as `{found[-1]}`"
