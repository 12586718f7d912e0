"""How the node reaches the world: proxies, package mirrors, time servers."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from imagegen.profile.fields import Kind, LineText, NodePath, Refused, Section, Text, Url, shown

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
                   r"(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*\Z")
_SUITE = re.compile(r"[A-Za-z0-9./][A-Za-z0-9._/-]{0,80}\Z")


def _no_credentials(value: object) -> object:
    """Before anything else, so that no error shows the secret."""
    if isinstance(value, str) and "@" in value:
        raise Refused("secret-in-proxy",
                      "this proxy's URL holds a user or a password, and a profile is no place "
                      "for a secret: leave them out here, and bring HTTPS_PROXY= with the "
                      "node's seed in /etc/imagegen/proxy.env")
    return value


def _host_alone(url: str) -> str:
    if urlsplit(url).path not in ("", "/") or "?" in url or "#" in url:
        raise Refused("node-proxy-url", f"{shown(url)} has a path; a proxy is http://HOST:PORT")
    return url


def is_host(text: str) -> bool:
    """Whether it is a host's name or address, without a port."""
    return _is_address(text) or _HOST.match(text) is not None


def _is_address(text: str) -> bool:
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _host(text: str) -> str:
    if not is_host(text) or (re.fullmatch("[0-9.]+", text) and not _is_address(text)):
        raise Refused("node-host-form",
                      f"{shown(text)} is no host name or address; write it like "
                      "ntp.example.org or 192.0.2.1")
    return text


def _no_proxy(text: str) -> str:
    """Go's httpproxy.Config.NoProxy: a host, .domain, address, range, each with :PORT, or *."""
    bare = text.removeprefix("*.").removeprefix(".")
    host, _, port = bare.rpartition(":")
    if text == "*" or _direct(bare) or (_direct(host) and port.isdigit()):
        return text
    try:
        ipaddress.ip_network(bare, strict=False)
    except ValueError:
        raise Refused("node-no-proxy-form",
                      f"{shown(text)} is no host, .domain, address or range; each stands alone, "
                      "and a range is written like 10.0.0.0/8") from None
    return text


def _direct(text: str) -> bool:
    """A host or an address, in brackets or not; no name is of digits, dots and dashes alone."""
    if text.startswith("[") and text.endswith("]"):
        return ":" in text and _is_address(text[1:-1])
    return _is_address(text) or (is_host(text) and not re.fullmatch(r"[0-9.-]+", text))


def _suite(text: str) -> str:
    if not _SUITE.match(text) or ".." in text:
        raise Refused("node-mirror-suite",
                      f"{shown(text)} is no suite or component of apt's; write it like "
                      "bookworm or main")
    return text


def _public_key(text: str) -> str:
    if "PRIVATE KEY" in text:
        raise Refused("secret-private-key",
                      "this is a private key: name the public one that the mirror signs with")
    if "-----BEGIN PGP PUBLIC KEY BLOCK-----" not in text:
        raise Refused("node-mirror-key",
                      "this is no OpenPGP public key in ASCII armour; `gpg --armor --export ID` "
                      "prints one")
    return text


ProxyUrl = Annotated[Url, BeforeValidator(_no_credentials), AfterValidator(_host_alone),
    Kind("a proxy, http://HOST:PORT", "proxies")]
NoProxy = Annotated[LineText, AfterValidator(_no_proxy),
    Kind("a host, .domain, address or range", "hosts, .domains, addresses or ranges")]
Host = Annotated[LineText, AfterValidator(_host),
    Kind("a host's name or address", "hosts' names or addresses")]
Suite = Annotated[LineText, AfterValidator(_suite),
    Kind("one word of apt's", "words of apt's")]
PublicKey = Annotated[Text, AfterValidator(_public_key),
    Kind("an OpenPGP public key in ASCII armour", "keys")]


class Proxy(Section):
    """The way out for kube-proxy, containerd, kubelet, apt and dnf; never with a password."""

    http: ProxyUrl | None = None
    https: ProxyUrl | None = None
    no_proxy: tuple[NoProxy, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.http is None and self.https is None:
            raise Refused("node-proxy-empty", "a proxy needs `http` or `https`")
        return self


class PackageMirror(Section):
    """Where the node's packages come from; with the first one the distribution's own are left out.

    `suites` and `components` are apt's.
    """

    url: Url
    suites: tuple[Suite, ...] = Field((), strict=False)
    components: tuple[Suite, ...] = Field(("main",), strict=False)
    signed_by: NodePath | None = None
    key: PublicKey | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.signed_by is not None and self.key is not None:
            raise Refused("node-mirror-key",
                          "`key` and `signedBy` both say whom to trust; keep one")
        return self
