"""The user-data of a baked node, and the one that makes a stock image the same node."""

from __future__ import annotations

import base64
import json

from imagegen.common.assets import asset_bytes
from imagegen.common.documents import yaml_bytes
from imagegen.common.errors import InputError
from imagegen.plan.facts import Package, Plan
from imagegen.profile.kubeproxy import BinaryFrom
from imagegen.profile.model import Profile
from imagegen.render.seed import NodeData, SeedFile, node_files, node_seed, write_files_entry
from imagegen.render.tree import Tree, TreeFile

TOKEN = "/etc/kubernetes/kube-proxy.token"
FIRST_BOOT = "/run/imagegen-first-boot"
# the largest of the node's files, and the same in every profile: compressed once
CHECK = "usr/lib/imagegen/ipvs-check.pyz"


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
    servers = profile.cluster.api_servers
    server = f"https://{servers[0]}" if servers else "https://192.0.2.1:6443"
    return NodeData("node-1", address=_example_address(profile),
                    kubeconfig=kubeconfig(server, None),
                    kubeconfig_path=profile.kube_proxy.kubeconfig)


def _example_address(profile: Profile) -> str:
    servers = profile.cluster.api_servers
    return "2001:db8::10" if servers and servers[0].startswith("[") else "192.0.2.10"


def cloud_init_files(profile: Profile, plan: Plan, node: Tree) -> Tree:
    """`cloud-init/baked` and `cloud-init/full`, each a NoCloud folder."""
    example = example_node(profile)
    full = {**node_seed(example), "user-data": full_user_data(profile, plan, node, example)}
    trees = {"baked": node_seed(example), "full": full}
    return Tree({f"{kind}/{name}": TreeFile(data) for kind, files in sorted(trees.items())
                 for name, data in sorted(files.items())})


def full_user_data(profile: Profile, plan: Plan, node: Tree, identity: NodeData) -> bytes:
    """Turns a stock cloud image into the node at its first boot: all the baked files travel in it.

    The kube-proxy program comes from the profile's URL, or lies beside user-data on the seed volume
    as `kube-proxy`. Raises InputError where the profile names it by a path of this machine only and
    nothing could bring it.
    """
    config = {
        "hostname": identity.host, "prefer_fqdn_over_hostname": False, "manage_etc_hosts": True,
        "locale": "C.UTF-8",
        "write_files": [write_files_entry(file) for file in _full_files(profile, node, identity)],
        "package_update": True,
        "packages": [f.baked.name for f in plan.facts if isinstance(f.baked, Package)],
        "runcmd": [["sh", f"{FIRST_BOOT}/first-boot.sh"], *(list(c) for c in identity.commands)],
        # The units' masks are laid down before the packages are installed: ipvsadm's starts itself.
        "bootcmd": [["mkdir", "-p", "/etc/systemd/system"], *_masks(node)],
    }
    return b"#cloud-config\n" + yaml_bytes(config)


def _masks(node: Tree) -> list[list[str]]:
    return [["ln", "-sfn", "/dev/null", f"/{path}"] for path, file in node.files.items()
            if file.link == "/dev/null"]


def _full_files(profile: Profile, node: Tree, identity: NodeData) -> list[SeedFile]:
    binary = profile.kube_proxy.binary
    source = {"url": binary.url, "sha256": binary.sha256, "path": profile.kube_proxy.path}
    if binary.source is BinaryFrom.URL and binary.url is None:
        raise InputError("kubeProxy.binary has no url")
    script = asset_bytes("templates/cloud-init/first-boot.sh")
    fetch = asset_bytes("templates/cloud-init/kube_proxy_program.py")
    rest = Tree({path: file for path, file in node.files.items() if path != CHECK})
    check = [SeedFile(f"/{CHECK}", node.files[CHECK].data, 0o755)] if CHECK in node.files else []
    return [
        *node_files(identity),
        *check,
        SeedFile(f"{FIRST_BOOT}/node.tar", rest.tar()),
        SeedFile(f"{FIRST_BOOT}/first-boot.sh", script, 0o755),
        SeedFile(f"{FIRST_BOOT}/kube_proxy_program.py", fetch, 0o755),
        SeedFile(f"{FIRST_BOOT}/kube-proxy.json", json.dumps(source).encode() + b"\n"),
    ]
