"""The user-data of a baked node, and the one that makes a stock image the same node."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from imagegen.common.assets import asset_bytes
from imagegen.common.documents import yaml_bytes
from imagegen.common.errors import InputError
from imagegen.knowledge.datasources import Datasource
from imagegen.plan.work_out import release_for
from imagegen.profile.cloud_init import Part, PartKind
from imagegen.profile.kubeproxy import BinaryFrom
from imagegen.profile.lints.cloud_init import mode_of, read
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Root
from imagegen.render.carried import readme
from imagegen.render.seed import (
    NodeData,
    SeedFile,
    host_settings,
    node_files,
    node_seed,
    write_files_entry,
)
from imagegen.render.tree import Tree, TreeFile
from imagegen.render.userdata import HEAD, Carried, assembled, bzip2, carried, must_be_carried

TOKEN = "/etc/kubernetes/kube-proxy.token"
FIRST_BOOT = "/run/imagegen-first-boot"
# the largest of the node's files, and the same in every profile: compressed by itself, and once
CHECK = "usr/lib/imagegen/ipvs-check.pyz"

SMALLER = ("bake what is the same on every node: os.files, os.packages and os.units of the profile "
           "cost no user-data; keep in cloudInit.parts what is one node's own")


@lru_cache(4)
def kubeconfig(server: str, ca_pem: bytes | None, token_file: str = TOKEN) -> str:
    """A kubeconfig that holds no secret: the token lies in a file of its own beside it."""
    cluster: dict[str, object] = {"server": server}
    if ca_pem is not None:
        cluster["certificate-authority-data"] = base64.b64encode(ca_pem).decode()
    document = {
        "apiVersion": "v1", "kind": "Config", "current-context": "node",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "kube-proxy", "user": {"tokenFile": token_file}}],
        "contexts": [{"name": "node", "context": {"cluster": "cluster", "user": "kube-proxy"}}],
    }
    return yaml_bytes(document).decode()


def example_node(profile: Profile) -> NodeData:
    """One node to start from; `imagegen seed` makes the real ones, with their secrets."""
    if not profile.kube_proxy.by_unit:
        return NodeData("node-1", address=_example_address(profile), parts=own_parts(profile))
    servers = profile.cluster.api_servers
    server = f"https://{servers[0]}" if servers else "https://192.0.2.1:6443"
    return NodeData("node-1", address=_example_address(profile),
                    kubeconfig=kubeconfig(server, None),
                    kubeconfig_path=profile.kube_proxy.kubeconfig, parts=own_parts(profile))


def _example_address(profile: Profile) -> str:
    servers = profile.cluster.api_servers
    return "2001:db8::10" if servers and servers[0].startswith("[") else "192.0.2.10"


def own_parts(profile: Profile) -> tuple[Part, ...]:
    """The profile's parts; modes of files in the one spelling that survives a YAML round trip."""
    return tuple(_normal(part) for part in profile.cloud_init.parts)


def _normal(part: Part) -> Part:
    config = read(part) if part.kind is PartKind.CLOUD_CONFIG else None
    entries = config.get("write_files") if isinstance(config, dict) else None
    odd = [entry for entry in entries or () if isinstance(entry, dict)
           and mode_of(str(entry.get("permissions", "0644"))) != entry.get("permissions", "0644")]
    for entry in odd:
        entry["permissions"] = mode_of(str(entry["permissions"]))
    return part.model_copy(update={"content": yaml_bytes(config).decode()}) if odd else part


def cloud_init_files(profile: Profile, node: Tree) -> Tree:
    """`cloud-init/baked`, `cloud-init/full` where it can be carried, and what carries which.

    Raises InputError where the profile's datasource cannot carry what a baked node needs.
    """
    example, datasource = example_node(profile), profile.cloud_init.datasource
    baked = _seed_of(example)
    full = {**baked, "user-data": full_user_data(profile, node, example)}
    small = must_be_carried(datasource, baked["user-data"], "a baked node's user-data", SMALLER)
    cannot = not_from_stock(profile)
    large = None if cannot else carried(datasource, full["user-data"])
    documents = {"baked": baked["user-data"], "full": full["user-data"]}
    lost = "" if large else cannot or f"{datasource} does not carry so much"
    files = {"README.md": readme(datasource, documents, lost), **_folder("baked", baked, small),
             **(_folder("full", full, large) if large is not None else {})}
    return Tree({name: TreeFile(data) for name, data in sorted(files.items())})


# asked for twice in a render, with no secret in it: in the digest of all inputs, and in the tree
@lru_cache(4)
def _seed_of(example: NodeData) -> Mapping[str, bytes]:
    return MappingProxyType(node_seed(example))


def not_from_stock(profile: Profile) -> str:
    """Why no user-data makes a stock image the node, empty where it does."""
    if profile.os.root is Root.OVERLAY:
        return ("os.root is overlay, and the root of a stock image cannot become one while it is "
                "booted from")
    return without_a_program(profile)


def brought(profile: Profile) -> tuple[str, ...]:
    """The programs that come from no URL, so that only a seed volume has room for them."""
    own, kubelet = profile.kube_proxy, profile.os.kubelet
    proxy = ("kube-proxy",) if own.by_unit and own.binary.source is not BinaryFrom.URL else ()
    return (*proxy, "kubelet") if kubelet is not None and kubelet.url is None else proxy


def without_a_program(profile: Profile) -> str:
    """Why a stock image would lack a program; empty where it would not."""
    missing, datasource = brought(profile), profile.cloud_init.datasource
    return "" if not missing or datasource is Datasource.NOCLOUD else (
        f"{datasource} carries user-data only, and {missing[0]} comes from no URL")


def _folder(kind: str, files: Mapping[str, bytes], carried: Carried) -> dict[str, bytes]:
    """The plain documents to read, and user-data as it is handed over."""
    return {f"{kind}/{name}": data
            for name, data in {**files, carried.file_name: carried.data}.items()}


def full_user_data(profile: Profile, node: Tree, identity: NodeData) -> bytes:
    """Turns a stock cloud image into the node at its first boot: all the baked files travel in it.

    Programs (kube-proxy, the kubelet) come from the profile's URLs, or lie under their names beside
    user-data on the seed volume. Raises InputError where the profile names one by a path of this
    machine only and nothing could bring it.
    """
    files = b"".join(map(_entry, _full_files(profile, node, identity)))
    config = (_host(identity.host) + b"write_files:\n" + files
              + _commands(identity.commands, _masks(node)))
    return assembled(HEAD + config, identity.parts)


@lru_cache(4)
def _host(name: str) -> bytes:
    return yaml_bytes({**host_settings(name), "locale": "C.UTF-8"})


@lru_cache(16)
def _commands(last: tuple[tuple[str, ...], ...], masked: tuple[str, ...]) -> bytes:
    return yaml_bytes({
        "runcmd": [["sh", f"{FIRST_BOOT}/first-boot.sh"], *map(list, last)],
        # The units' masks are laid down before the packages are installed: ipvsadm's starts itself.
        "bootcmd": [["mkdir", "-p", "/etc/systemd/system"],
                    *(["ln", "-sfn", "/dev/null", f"/{path}"] for path in masked)],
    })


# most nodes have most files in common, and the largest of all, the check, all have
@lru_cache(64)
def _entry(file: SeedFile) -> bytes:
    return yaml_bytes([write_files_entry(file)])


def _masks(node: Tree) -> tuple[str, ...]:
    return tuple(path for path, file in node.files.items() if file.link == "/dev/null")


def _full_files(profile: Profile, node: Tree, identity: NodeData) -> list[SeedFile]:
    script = asset_bytes("templates/cloud-init/first-boot.sh")
    unpack = asset_bytes("templates/cloud-init/unpack.py")
    fetch = asset_bytes("templates/cloud-init/program.py")
    system = asset_bytes("packer/qemu/steps/25-system.sh")
    manager = release_for(profile).manager
    packages = asset_bytes(f"packer/qemu/managers/{manager}/10-packages.sh")
    rest = Tree({path: file for path, file in node.files.items() if path != CHECK})
    check = ([SeedFile(f"{FIRST_BOOT}/ipvs-check.pyz.bz2", bzip2(node.files[CHECK].data))]
             if CHECK in node.files else [])
    return [
        *node_files(identity),
        *check,
        SeedFile(f"{FIRST_BOOT}/node.tar", rest.tar()),
        SeedFile(f"{FIRST_BOOT}/first-boot.sh", script, 0o755),
        SeedFile(f"{FIRST_BOOT}/packages.sh", packages, 0o755),
        SeedFile(f"{FIRST_BOOT}/system.sh", system, 0o755),
        SeedFile(f"{FIRST_BOOT}/unpack.py", unpack, 0o755),
        SeedFile(f"{FIRST_BOOT}/program.py", fetch, 0o755),
        *(SeedFile(f"{FIRST_BOOT}/program-{source['name']}.json",
                   json.dumps(source).encode() + b"\n") for source in _programs(profile)),
    ]


def _programs(profile: Profile) -> Iterator[dict[str, str | None]]:
    """What program.py is told of each program that is no file of the tree."""
    binary, kubelet = profile.kube_proxy.binary, profile.os.kubelet
    if binary.source is BinaryFrom.URL and binary.url is None:
        raise InputError("kubeProxy.binary has no url")
    if profile.kube_proxy.by_unit:
        yield {"name": "kube-proxy", "url": binary.url, "sha256": binary.sha256,
               "path": profile.kube_proxy.path}
    if kubelet is not None:
        yield {"name": "kubelet", "url": kubelet.url, "sha256": kubelet.sha256,
               "path": kubelet.program}
