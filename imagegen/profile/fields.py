"""The kinds of values that a profile's fields take, each refusing what cannot work."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Section(BaseModel):
    """A mapping of the profile: unknown keys are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel,
                              populate_by_name=True, str_max_length=1 << 20)


def _cidr(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"`{text}` is not an address range; write it like 10.254.0.0/16") from None
    if "/" not in text:
        raise ValueError(f"`{text}` has no prefix length; write it like {network}")
    if text.split("/")[0] != str(network.network_address):
        raise ValueError(f"`{text}` has host bits set, or an unusual spelling; the range is {network}")
    if not text.split("/")[1].isdecimal():
        raise ValueError(f"write the prefix length as a number: {network}")
    return text


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"`{text}` is not an IP address") from None


def _endpoint(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"`{text}` is not ADDRESS:PORT; write it like 192.168.1.142:6443")
    _address(host.removeprefix("[").removesuffix("]"))
    return text


def _port_range(text: str) -> str:
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", text)
    if not match:
        raise ValueError(f"`{text}` is not a port range; write it like 30000-32767")
    low, high = int(match[1]), int(match[2])
    if not 0 < low <= high < 65536:
        raise ValueError(f"`{text}` must go upwards within 1-65535")
    return text


_DURATION = re.compile(r"(\d+(\.\d+)?(ms|h|m|s))+\Z")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(duration: str) -> float:
    """`1h30m`, `900s` or `500ms` as seconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", duration)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _duration(text: str) -> str:
    if not _DURATION.match(text):
        raise ValueError(f"`{text}` is not a duration; write it like 300s, 5m or 1h30m")
    return text


def _absolute(text: str) -> str:
    parts = text.split("/")[1:]
    if not text.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{text!r} is not a plain absolute path; write it like /etc/kubernetes/x")
    return text


def no_control(text: str) -> str:
    """Refuses control characters: the line-based files of a node have no escape for them."""
    for position, char in enumerate(text):
        if ord(char) < 32 or ord(char) == 127 or char in "\x85\u2028\u2029":
            raise ValueError(f"character {position + 1} is {char!r}; a line of a node's file cannot "
                             "hold it")
    return text


def _text(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise ValueError("must be text; put it in quotes, since YAML reads it as "
                         f"{'a boolean' if isinstance(value, bool) else f'the number {value:g}'}")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Cidr = Annotated[str, BeforeValidator(_text), AfterValidator(_cidr)]
Address = Annotated[str, BeforeValidator(_text), AfterValidator(_address)]
Endpoint = Annotated[str, BeforeValidator(_text), AfterValidator(_endpoint)]
PortRange = Annotated[str, BeforeValidator(_text), AfterValidator(_port_range)]
Duration = Annotated[str, BeforeValidator(_text), AfterValidator(_duration)]
LineText = Annotated[str, BeforeValidator(_text), AfterValidator(no_control)]
# Paths go through unit files, shell-free tools and tar; blanks and specifiers gain nobody anything.
NodePath = Annotated[str, BeforeValidator(_text), AfterValidator(_absolute),
                     StringConstraints(pattern=r"^[A-Za-z0-9/._@+-]+$", max_length=255)]
Name = Annotated[str, BeforeValidator(_text),
                 StringConstraints(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=40)]
ModuleName = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,56}$")]
PackageName = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]{1,80}$")]
SysctlKey = Annotated[str, BeforeValidator(_text),
                      StringConstraints(pattern=r"^[a-z][A-Za-z0-9_-]*([./][A-Za-z0-9_:-]+)+$")]
Sha256 = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2000)]
Octal = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^0[0-7]{3}$")]
KubeVersion = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^1\.\d{1,3}\.\d{1,3}$")]
Count = Annotated[int, Field(ge=0, le=1 << 31)]
