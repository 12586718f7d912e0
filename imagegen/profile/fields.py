"""The kinds of values that a profile's fields take, each refusing what cannot work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

SHOWN = 60


class Refused(ValueError):
    """A value that a field does not take, under the rule that says so."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(what)
        self.rule = rule


class Unknown(Exception):
    """Someone asked for a value that the profile gives wrongly, so that nobody knows it."""


class Section(BaseModel):
    """A mapping of the profile: unknown keys are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel,
                              str_max_length=1 << 20)

    if not TYPE_CHECKING:
        def __getattr__(self, name: str) -> object:
            """A field without a value: profile/partial.py took it away."""
            if name in type(self).model_fields:
                raise Unknown(name)
            return super().__getattr__(name)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is, in words for `explain` and the documentation: one of them, and many.

    `pattern` is what an editor can tell of it; the field's validator knows more.
    """

    one: str
    many: str
    pattern: str = ""


def brief(text: str) -> str:
    """A value in an error: short, and without what would play with the reader's terminal."""
    plain = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:SHOWN])
    return plain if len(text) <= SHOWN else f"{plain}…"


def shown(text: str) -> str:
    """The same, marked as a quotation."""
    return f"`{brief(text)}`"


_DURATION = re.compile(r"([0-9]{1,7}(\.[0-9]{1,3})?(ms|h|m|s))+\Z")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# far beyond any use, and far within what Go's time.Duration holds (292 years)
_LONGEST = 365 * 24 * 3600.0


def seconds(duration: str) -> float:
    """`1h30m`, `900s` or `500ms` as seconds."""
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)", duration)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _duration(text: str) -> str:
    if not _DURATION.match(text):
        raise Refused("duration-form",
                      f"{shown(text)} is not a duration; write it like 300s, 5m or 1h30m")
    if seconds(text) > _LONGEST:
        raise Refused("duration-form", f"{shown(text)} is longer than a year")
    return text


def _absolute(text: str) -> str:
    parts = text.split("/")[1:]
    if not text.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise Refused("path-form", f"{shown(text)} is not a plain absolute path; write it like "
                      "/etc/kubernetes/x")
    return text


def no_control(text: str) -> str:
    """Refuses control characters: the line-based files of a node have no escape for them."""
    for position, char in enumerate(text):
        if ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029":
            raise Refused("control-character",
                          f"character {position + 1} is {char!r}; a line of a node's file "
                          "cannot hold it")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise Refused("url-form", f"{shown(text)} is not a URL; write it like https://host/path")
    return text


def as_text(value: object) -> object:
    """What YAML took for a number or a boolean is refused with the quotes that it lacks."""
    if isinstance(value, bool):
        raise Refused("unquoted-text",
                      "must be text; put it in quotes, since YAML reads it as a boolean")
    if isinstance(value, int | float):
        raise Refused("unquoted-text",
                      "must be text; put it in quotes, since YAML reads it as the number "
                      f"{brief(str(value))}")
    return value


def _time(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        raise Refused("duration-unit", f"needs a unit; write it like {brief(str(value))}s or 5m")
    return value


def _octal(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch("0[0-7]{3}", value):
        special = isinstance(value, str) and re.fullmatch("[1-7][0-7]{3}", value)
        why = "setuid, setgid and sticky bits are not baked" if special else "not a file's mode"
        raise Refused("file-mode",
                      f"{shown(str(value))}: {why}; write four octal digits in quotes, "
                      "like \"0644\"")
    return value


def _sysctl_key(value: object) -> object:
    if isinstance(value, str) and set(value) & set("*?["):
        raise Refused("sysctl-form",
                      f"{shown(value)} is a pattern, which nobody could prove; name each key here, "
                      "or bring the pattern by os.files in a file of /etc/sysctl.d")
    if isinstance(value, str) and value.startswith("-"):
        raise Refused("sysctl-form",
                      f"{shown(value)}: a `-` before a key lets it fail in silence; write the key "
                      "alone, since the node's check proves it")
    return value


def matching(pattern: str, example: str, max_length: int | None = None, *,
             rule: str) -> StringConstraints:
    EXAMPLES[pattern] = example
    RULES[pattern] = rule
    return StringConstraints(pattern=pattern, max_length=max_length)


# pattern -> a value that it takes, for the hint of an error; and the rule that it stands for
EXAMPLES: dict[str, str] = {}
RULES: dict[str, str] = {}


Text = Annotated[str, BeforeValidator(as_text)]
Duration = Annotated[str, BeforeValidator(as_text), BeforeValidator(_time),
                     AfterValidator(_duration),
                     Kind("a duration, such as 300s, 5m or 1h30m", "durations",
                          r"^([0-9]{1,7}(\.[0-9]{1,3})?(ms|h|m|s))+$")]
def _blanks(text: str) -> str:
    """`sysctl` prints tabs between numbers, and the kernel takes either."""
    return text.replace("\t", " ")


SysctlValue = Annotated[Text, AfterValidator(_blanks), AfterValidator(no_control),
                        Kind("a sysctl's value", "sysctls' values")]
LineText = Annotated[Text, AfterValidator(no_control), Kind("one line of text", "lines of text")]
# Paths go through unit files, shell-free tools and tar; blanks and specifiers gain nobody anything.
NodePath = Annotated[Text, AfterValidator(_absolute),
                     matching(r"^[A-Za-z0-9/._@+-]+$", "/etc/kubernetes/x", 255, rule="path-form"),
                     Kind("an absolute path on the node", "absolute paths on the node",
                          r"^(/(?!\.\.?(/|$))[A-Za-z0-9._@+-]+)+$")]
Name = Annotated[Text, matching(r"^[a-z]([a-z0-9-]*[a-z0-9])?$", "edge-node", 40,
                                 rule="name-form"),
                 Kind("a name of lower-case letters, digits and dashes", "names")]
PartName = Annotated[Text, matching(r"^[a-z0-9][a-z0-9._-]{0,60}$", "50-mounts.cfg",
                                     rule="cloud-init-part-name-form"),
                     Kind("a file's name", "files' names")]
ModuleName = Annotated[Text, matching(r"^[A-Za-z0-9_-]{1,56}$", "nf_nat", rule="module-form"),
                       Kind("a kernel module's name", "kernel modules' names")]
PackageName = Annotated[Text, matching(r"^[A-Za-z0-9][A-Za-z0-9+._-]{1,80}$", "tcpdump",
                                        rule="package-form"),
                        Kind("a package's name", "packages' names")]
# useradd(8) takes no more; a name of digits alone would be a number to chown
AccountName = Annotated[Text, matching(r"^[a-z_][a-z0-9_-]{0,31}$", "deploy", rule="account-form"),
                        Kind("an account's or group's name", "accounts' or groups' names")]
# systemd.unit(5): what stands before the suffix; a path's dash is \\x2d there, and `%` is no name's
UnitName = Annotated[Text, matching(
    r"^([A-Za-z0-9_.:-]|\\x[0-9a-f]{2})+(@([A-Za-z0-9_.:-]|\\x[0-9a-f]{2})*)?"
    r"\.(service|socket|timer|path|mount|automount|swap|target|slice)$",
    "node-tuning.service", 200, rule="unit-form"),
    Kind("a systemd unit's name, with its suffix", "units' names")]
ImageName = Annotated[Text, matching(
    r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$", "registry.k8s.io/pause:3.9", rule="image-name-form"),
    Kind("a container image's name", "images' names")]
SysctlKey = Annotated[
    Text, BeforeValidator(_sysctl_key), matching(r"^[a-z][A-Za-z0-9_-]*([./][A-Za-z0-9_:-]+)+$",
                                                 "net.core.somaxconn", 255, rule="sysctl-form"),
    Kind("a sysctl's name", "sysctls' names")]
Sha256 = Annotated[Text, matching(
    r"^[0-9a-f]{64}$", "the 64 hex digits that sha256sum prints", rule="sha256-form"),
                   Kind("a sha256, 64 hex digits", "sha256 sums")]
Sha512 = Annotated[Text, matching(
    r"^[0-9a-f]{128}$", "the 128 hex digits that sha512sum prints", rule="sha512-form"),
                   Kind("a sha512, 128 hex digits", "sha512 sums")]
# RFC 3986's characters without the quote: none of them means anything to Packer's templates
Url = Annotated[Text, AfterValidator(_url), matching(
    r"^https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%\[\]-]+$", "https://host/path", 2000,
    rule="url-form"),
    Kind("an http or https URL", "URLs")]
Octal = Annotated[str, BeforeValidator(_octal), Kind("a file's mode, four octal digits in quotes",
                                                     "modes", "^0[0-7]{3}$")]
KubeVersion = Annotated[Text, matching(r"^1\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$",
                                        '"1.34.4"', rule="kubernetes-version-form"),
                        Kind("a Kubernetes version in quotes", "Kubernetes versions")]
Int32 = Annotated[int, Field(ge=0, le=(1 << 31) - 1)]
GateName = Annotated[Text, matching(r"^[A-Z][A-Za-z0-9]{1,80}$", "LoggingAlphaOptions",
                                     rule="gate-form"),
                     Kind("a feature gate's name", "feature gates' names")]
# what the kernel takes as an interface's name is wider; a unit's line has no use for the rest
InterfaceName = Annotated[Text, matching(r"^[A-Za-z0-9_.-]{1,15}$", "cni0", rule="interface-form"),
                          Kind("a network interface's name", "network interfaces' names")]
_PROTOBUF = "application/vnd.kubernetes.protobuf"
MediaType = Annotated[Text, matching(r"^[a-z]+/[A-Za-z0-9.+-]{1,100}$", _PROTOBUF,
                                      rule="media-type-form"),
                      Kind("a media type", "media types")]
MediaTypes = Annotated[Text, matching(r"^[A-Za-z0-9/.+*;=, -]{1,200}$",
                                       f"{_PROTOBUF},application/json", rule="media-type-form"),
                       Kind("media types with commas between", "lists of media types")]
MinorVersion = Annotated[Text, matching(r"^1\.(0|[1-9][0-9]{0,2})$", '"1.33"',
                                         rule="kubernetes-version-form"),
                         Kind("a minor version in quotes", "minor versions")]
FilePattern = Annotated[Text, matching(r"^[A-Za-z0-9_*?.-]{1,100}$", "proxier",
                                        rule="file-pattern-form"),
                        Kind("a source file's name, or a pattern of it", "patterns")]
Quantity = Annotated[Text, matching(r"^[1-9][0-9]{0,8}(k|M|Ki|Mi)?$", '"16Ki"',
                                     rule="quantity-form"),
                     Kind("a number of bytes in quotes, such as 16Ki", "numbers of bytes")]


def pinned(source: StrEnum, path: str | None, url: str | None, sha256: str | None) -> None:
    """A file from outside is named in one way, and its bytes are pinned."""
    given = {"path": path, "url": url}
    for kind, value in given.items():
        if source == kind and value is None:
            raise Refused("source-whole", f"`from: {kind}` needs `{kind}`")
        if source != kind and value is not None:
            raise Refused("source-whole",
                          f"`{kind}` goes with `from: {kind}`, and this says `from: {source}`")
    outside = source in ("path", "url")
    if outside and sha256 is None:
        raise Refused("source-unpinned",
                      f"`from: {source}` needs `sha256`: what is not pinned can change unseen")
    if not outside and sha256 is not None:
        raise Refused("source-unpinned",
                      f"`sha256` goes with `from: path` and `from: url`, not `from: {source}`")
