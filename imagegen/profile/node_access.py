"""Who may log in on the node, and whom it trusts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from imagegen.profile.certificate import certificate
from imagegen.profile.fields import AccountName, Kind, Name, NodePath, Section, Text
from imagegen.profile.ssh_key import ssh_key


def _ssh_key(text: str) -> str:
    ssh_key(text)
    return text.strip().replace("\t", " ")


def _pem(text: str) -> str:
    certificate(text)
    return text


SshKeyLine = Annotated[Text, AfterValidator(_ssh_key),
                       Kind("a public ssh key, as in a .pub file", "public ssh keys")]
Pem = Annotated[Text, AfterValidator(_pem), Kind("a certificate in PEM", "certificates")]


class User(Section):
    """An account in the image, to log in with an ssh key; no password, ever."""

    name: AccountName
    ssh_keys: tuple[SshKeyLine, ...] = Field((), strict=False)
    groups: tuple[AccountName, ...] = Field((), strict=False)
    shell: NodePath = "/bin/bash"
    sudo: bool = False


class CaCertificate(Section):
    """A certificate authority that the node's programs trust beside the public ones."""

    name: Name
    pem: Pem
