"""What one node is told at boot: composed as data, dumped as YAML, no template and no I/O."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from imagegen.common.documents import yaml_bytes
from imagegen.common.errors import InputError
from imagegen.profile.cloud_init import Part
from imagegen.render.deflate import gzip_bytes
from imagegen.render.userdata import HEAD, assembled

KUBECONFIG = "/etc/kubernetes/kube-proxy.kubeconfig"
NODE_ENV = "/etc/imagegen/node.env"
NODE_JSON = "/etc/imagegen/node.json"
LEVELS = ("kernel", "table")
HOST_NAME_MAX = 63

# RFC 1123, as Kubernetes wants a node's name and the kernel a host's
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_API_SERVER = re.compile(r"(\[(?P<six>[0-9a-fA-F:]+)\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})")
# cloud-init's own rule is looser, but some datasources use it as a folder's name
_INSTANCE_ID = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._]{0,127}")
_PATH = re.compile(r"/[^\x00-\x1f\x7f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# below, compression gains nobody anything
_SMALL = 4096
_ODD_BYTE = re.compile(rb"[^\n\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file of one node's own: absolute path, bytes, mode."""

    path: str
    data: bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class NodeData:
    """What is one node's own and not in the image.

    `address` None leaves it to DHCP; `api_servers` are `address:port` and override what the image
    expects; `kubeconfig` is the file's text; `commands` run once, at the end of the first boot.
    Raises InputError for a value that its target format cannot carry.
    """

    name: str
    hostname: str = ""
    address: str | None = None
    level: str = "table"
    api_servers: tuple[str, ...] = ()
    kubeconfig: str | None = None
    kubeconfig_path: str = KUBECONFIG
    instance_id: str = ""
    files: tuple[SeedFile, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    network_config: bytes | None = None
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        _require(len(self.name) <= 253 and _NAME.fullmatch(self.name), "node name", self.name)
        _require(len(self.host) <= HOST_NAME_MAX and _NAME.fullmatch(self.host), "host name",
                 self.host)
        _require(self.address is None or _address(self.address), "address", self.address)
        _require(self.level in LEVELS, "level", self.level)
        _require(_INSTANCE_ID.fullmatch(self.instance), "instance id", self.instance)
        _require(_encodable(self.kubeconfig or ""), "kubeconfig", self.kubeconfig)
        for server in self.api_servers:
            _require(_server(server), "API server", server)
        for path in (self.kubeconfig_path, *(file.path for file in self.files)):
            _require(_PATH.fullmatch(path), "path", path)
            _require(_encodable(path), "path", path)

    @property
    def host(self) -> str:
        """The host's name: the node's, unless another is given.

        The kernel takes 64 bytes (sethostname(2)); a longer node name gives the host its first
        label.
        """
        whole = self.name if len(self.name) <= HOST_NAME_MAX else self.name.partition(".")[0]
        return self.hostname or whole

    @property
    def instance(self) -> str:
        """cloud-init's instance id: a new one makes cloud-init run as on a first boot."""
        return self.instance_id or f"imagegen-{self.name[:110]}"


_HINTS = {
    "node name": "lower-case letters, digits, dashes and dots, such as node-1.example.org",
    "host name": "lower-case letters, digits, dashes and dots, 63 at the most",
    "address": "an IPv4 or IPv6 address without a prefix or zone, such as 192.0.2.10",
    "API server": "an address and a port, such as 192.0.2.1:6443 or [2001:db8::1]:6443",
}


def _require(good: object, what: str, value: str | None) -> None:
    if not good:
        hint = _HINTS.get(what, "")
        raise InputError(f"`{value}` is no {what} for a node's seed", hint=hint)


def _encodable(text: str) -> bool:
    return not _SURROGATE.search(text)


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    # a zone is part of ip_address's grammar, and means nothing on another host
    return "%" not in text


def _server(text: str) -> bool:
    found = _API_SERVER.fullmatch(text)
    return bool(found and _address(found["six"] or found["four"]) and int(found["port"]) < 65536)


def node_user_data(node: NodeData) -> bytes:
    """The node's #cloud-config, and the profile's own parts beside it."""
    config: dict[str, Any] = {
        **host_settings(node.host),
        # cc_locale fails where no locales are installed, and C.UTF-8 always is
        "locale": "C.UTF-8",
        "write_files": [write_files_entry(file) for file in node_files(node)],
    }
    if node.commands:
        config["runcmd"] = [list(argv) for argv in node.commands]
    return assembled(HEAD + yaml_bytes(config), node.parts)


def host_settings(host: str) -> dict[str, Any]:
    """What gives a host exactly this name.

    cloud-init cuts a name with dots at the first one (cloudinit/util.py, get_hostname_fqdn), unless
    the whole is preferred (cloudinit/distros, _select_hostname).
    """
    dotted = {"fqdn": host} if "." in host else {}
    return {"hostname": host.partition(".")[0], **dotted,
            "prefer_fqdn_over_hostname": bool(dotted), "manage_etc_hosts": True}


def node_meta_data(node: NodeData) -> bytes:
    """The node's meta-data, as NoCloud reads it."""
    data = {"instance-id": node.instance, "local-hostname": node.host}
    return yaml_bytes(data)


def node_seed(node: NodeData) -> dict[str, bytes]:
    """All files of the node's NoCloud volume."""
    network = {} if node.network_config is None else {"network-config": node.network_config}
    return {"meta-data": node_meta_data(node), "user-data": node_user_data(node), **network}


def node_files(node: NodeData) -> tuple[SeedFile, ...]:
    """The files that a seed puts on its node."""
    files = [SeedFile(NODE_ENV, _node_env(node)), SeedFile(NODE_JSON, _node_json(node))]
    if node.kubeconfig is not None:
        files.append(SeedFile(node.kubeconfig_path, node.kubeconfig.encode(), 0o600))
    return (*files, *node.files)


def _node_env(node: NodeData) -> bytes:
    address = "" if node.address is None else f"NODE_ADDRESS={node.address}\n"
    return f"NODE_NAME={node.name}\n{address}".encode()


def _node_json(node: NodeData) -> bytes:
    data: dict[str, Any] = {"level": node.level}
    if node.api_servers:
        data["apiServers"] = list(node.api_servers)
    return json.dumps(data).encode() + b"\n"


def write_files_entry(file: SeedFile) -> dict[str, str]:
    # YAML reads a bare 0600 as the number 384: always a string
    return {"path": file.path, "permissions": f"{file.mode:04o}", **_content(file.data)}


def _content(data: bytes) -> dict[str, str]:
    """Text as it is where YAML keeps it byte for byte, base64 else."""
    if not _ODD_BYTE.search(data):
        return {"content": data.decode("ascii")}
    return _packed(data)


@lru_cache(64)
def _packed(data: bytes) -> dict[str, str]:
    """As base64, compressed where that is shorter."""
    small = gzip_bytes(data) if len(data) > _SMALL else data
    if len(small) < len(data):
        return {"encoding": "gz+b64", "content": base64.b64encode(small).decode()}
    return {"encoding": "b64", "content": base64.b64encode(data).decode()}
