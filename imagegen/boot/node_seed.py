"""`imagegen seed`: the NoCloud volume of one real node, secrets included."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagegen.boot.full import full_volume
from imagegen.boot.seed import NodeIdentity, node_volume
from imagegen.common.errors import InputError
from imagegen.common.files import write_atomic
from imagegen.common.progress import Progress
from imagegen.knowledge.datasources import Datasource
from imagegen.knowledge.families import Family
from imagegen.plan.work_out import release_for
from imagegen.profile.model import Profile
from imagegen.render.cloudinit import (
    SMALLER,
    TOKEN,
    full_user_data,
    kubeconfig,
    not_from_stock,
    own_parts,
)
from imagegen.render.render import render
from imagegen.render.seed import SeedFile, node_user_data
from imagegen.render.userdata import must_be_carried

_SERVER = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[!-~]*)?")


def write_seed(profile: Profile, out: Path, progress: Progress, *, name: str, hostname: str,
               address: str | None, server: str | None, ca: Path | None, token: str | None,
               full: bool) -> None:
    """Write the volume, or another datasource's user-data in its form; mode 0600.

    Raises InputError for a value that a node cannot carry, or more than the datasource does.
    """
    if release_for(profile).cloud_init is None:
        raise InputError(f"{release_for(profile).title} has no cloud-init to read a seed",
                         hint="start from ignition/node.ign of `imagegen render`")
    if full and (why := not_from_stock(profile)):
        raise InputError(why, hint="bake the image, or change that in the profile")
    node = NodeIdentity(name, hostname=hostname, address=address, parts=own_parts(profile))
    _require_family(profile, address)
    node = replace(node, **_access(profile, server, ca, token))
    datasource = profile.cloud_init.datasource
    if datasource is Datasource.NOCLOUD:
        volume = full_volume(render(profile), progress) if full else node_volume
        volume(out, node)
        return
    data = _full_document(profile, node) if full else node_user_data(node)
    write_atomic(out, must_be_carried(datasource, data, f"the user-data of {name}", SMALLER).data,
                 mode=0o600)


def _require_family(profile: Profile, address: str | None) -> None:
    """kube-proxy takes the family of its node's address for the cluster's first."""
    one = ipaddress.ip_address(address or "::")
    families = profile.cluster.families
    if not one.is_unspecified and Family.of(one) not in families:
        raise InputError(f"the node's address {address} is {Family.of(one)}, and the cluster's "
                         f"services are {' and '.join(families)}",
                         hint=f"give the node's {families[0]} address")


def _access(profile: Profile, server: str | None, ca: Path | None,
            token: str | None) -> dict[str, Any]:
    """How kube-proxy reaches its cluster; a pod is told by its DaemonSet."""
    if not profile.kube_proxy.by_unit:
        if server or ca or token:
            raise InputError("no unit of this node runs kube-proxy (kubeProxy.runBy: "
                             f"{profile.kube_proxy.run_by}), so it needs no way to the API server",
                             hint="leave out --server, --ca and --token")
        return {}
    servers = profile.cluster.api_servers
    if server is not None and not _SERVER.fullmatch(server):
        raise InputError(f"`{server}` is no URL of an API server",
                         hint="write it like https://192.0.2.1:6443")
    url = server or (f"https://{servers[0]}" if servers else None)
    if url is None:
        raise InputError("the node needs an API server, and the profile names none",
                         hint="add --server https://ADDRESS:6443, or cluster.apiServers")
    return {"files": () if token is None else (SeedFile(TOKEN, _read_token(token), 0o600),),
            "kubeconfig": kubeconfig(url, _read_ca(ca) if ca else None),
            "kubeconfig_path": profile.kube_proxy.kubeconfig}


def missing_credentials(profile: Profile, ca: Path | None, token: str | None) -> list[str]:
    """What kube-proxy of this seed lacks to log in, a sentence each; a pod is given its own."""
    if not profile.kube_proxy.by_unit:
        return []
    lacks = []
    if ca is None:
        lacks.append("without --ca kube-proxy trusts the API server only where the image's own "
                     "certificate authorities have signed its certificate")
    if token is None:
        lacks.append(f"without --token nothing writes {TOKEN}, and until something does kube-proxy "
                     "cannot log in")
    return lacks


def _read_ca(path: Path) -> bytes:
    """The PEM of certificates, and nothing secret. Raises InputError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise InputError(f"{path} holds no certificate in PEM", hint="give the cluster's "
                         "certificate authority, such as /etc/kubernetes/pki/ca.crt")
    if b"PRIVATE KEY-----" in data:
        raise InputError(f"{path} holds a private key, which no node needs",
                         hint="give the certificate alone")
    return data


def _read_token(named: str) -> bytes:
    token = read_secret(named)
    if not token.strip() or b"\n" in token.strip():
        raise InputError(f"`{named}` holds no token: a token is one line",
                         hint="`kubectl -n kube-system create token kube-proxy` prints one")
    return token.strip()


def _full_document(profile: Profile, node: NodeIdentity) -> bytes:
    rendering = render(profile)
    return full_user_data(profile, rendering.node, node)


def read_secret(named: str) -> bytes:
    """The bytes behind `env:NAME` or `file:PATH`. Raises InputError where nothing is there."""
    kind, _, where = named.partition(":")
    if kind == "env" and where in os.environ:
        return os.environ[where].encode()
    if kind == "file" and Path(where).is_file():
        return Path(where).read_bytes().strip()
    raise InputError(f"there is no secret at `{named}`",
                     hint="name it as env:NAME or file:PATH; the secret itself never goes on a "
                     "command line")
