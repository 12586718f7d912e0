"""The same tree for a system that Ignition configures at its first boot: Flatcar.

Its /usr is read-only, so what the tree has there lies in a system extension (systemd-sysext(8))
under /etc/extensions, and is found under its own path once that is merged.
Source: https://coreos.github.io/ignition/configuration-v3_3/
"""

from __future__ import annotations

import base64
import hashlib
import json

from imagegen.plan.work_out import release_for
from imagegen.profile.model import Profile
from imagegen.render.cloudinit import example_node
from imagegen.render.deflate import gzip_bytes
from imagegen.render.seed import node_files as seed_files
from imagegen.render.tree import Tree, TreeFile

VERSION = "3.3.0"
EXTENSION = "/etc/extensions/imagegen"
MARK = f"{EXTENSION}/usr/lib/extension-release.d/extension-release.imagegen"
MARK_DATA = b"ID=flatcar\nSYSEXT_LEVEL=1.0\n"
# base64 makes larger by a third what gzip makes smaller; below this it is not worth a reader's eyes
PACKED_FROM = 4096
# stands where the operator's own server does
EXAMPLE_HOST = "https://config.example.invalid"

Json = dict[str, object]


def ignition_files(profile: Profile, node: Tree, image_name: str) -> Tree:
    """`ignition/`: config.ign for every node, and node.ign for one that starts from it."""
    config = _dumped(_config(profile, node))
    mine = _dumped(_node(profile, config, image_name))
    return Tree({"README.md": TreeFile(_readme(profile, node)), "config.ign": TreeFile(config),
                 "node.ign": TreeFile(mine)})


_README = """# Ignition

{title} is not baked: these two files configure a stock image of it at its first boot, once.

- `config.ign` is the same for every node. Put it on a web server that a booting node reaches.
- `node.ign` is one node's own, as an example. Replace `{host}` by that server, and the
  name, the address and the kubeconfig by the node's; then hand it to the node as its Ignition
  config (user-data of a cloud; `flatcar-install -i node.ign` on metal). It fetches `config.ign`
  and refuses one of another sha512 than it names: both are from one `imagegen render`.

The kubeconfig names no certificate authority and no token that these files bring: add
`certificate-authority-data` to it, and the token's file `/etc/kubernetes/kube-proxy.token`.
Anybody who reads node.ign reads the token.

The programs come from the URLs in `config.ign`, by their sha256. The node has no Python of its own;
the check runs by `{python}`, which a system extension or a hook of the profile brings.

Masked in `config.ign`, so that a node changes only by being replaced:

{masked}

Comments in the node's files that speak of cloud-init are about other distributions: here the same
files come by Ignition.
"""


def _readme(profile: Profile, node: Tree) -> bytes:
    """What each file is for, and what of it is an example."""
    release = release_for(profile)
    reasons = dict(release.masked)
    masked = [f"- `{name}`: {reasons[name]}" for name in sorted(reasons)
              if f"etc/systemd/system/{name}" in node.files]
    return _README.format(title=release.title, host=EXAMPLE_HOST, python=profile.check.python,
                          masked="\n".join(masked) or "- nothing").encode()


def placed(path: str) -> str:
    """Where a path of the node lies before the extension is merged."""
    return f"{EXTENSION}{path}" if path.startswith("/usr/") else path


def _config(profile: Profile, node: Tree) -> Json:
    files = [_file(placed(f"/{path}"), file.data, file.mode)
             for path, file in node.files.items() if file.link is None]
    links = [{"path": placed(f"/{path}"), "target": file.link, "overwrite": True}
             for path, file in node.files.items() if file.link is not None]
    storage: Json = {"files": [*files, _file(MARK, MARK_DATA, 0o644), *_programs(profile)],
                     "links": links}
    if profile.kube_proxy.by_unit and profile.kube_proxy.working_directory:
        # tmpfiles.d of the extension may come too late for it
        storage["directories"] = [{"path": profile.kube_proxy.working_directory, "mode": 0o755}]
    return {"ignition": {"version": VERSION}, "storage": storage}


def _programs(profile: Profile) -> list[Json]:
    proxy, kubelet = profile.kube_proxy, profile.os.kubelet
    found = []
    if proxy.by_unit:
        found.append(_program(proxy.path, proxy.binary.url, proxy.binary.sha256))
    if kubelet is not None:
        found.append(_program(kubelet.program, kubelet.url, kubelet.sha256))
    return found


def _program(path: str, url: str | None, sha256: str | None) -> Json:
    return {"path": placed(path), "mode": 0o755, "overwrite": True,
            "contents": {"source": url, "verification": {"hash": f"sha256-{sha256}"}}}


def _file(path: str, data: bytes, mode: int) -> Json:
    return {"path": path, "mode": mode, "overwrite": True, "contents": _contents(data)}


def _contents(data: bytes) -> Json:
    packed = len(data) >= PACKED_FROM
    body = gzip_bytes(data) if packed else data
    source = f"data:;base64,{base64.b64encode(body).decode()}"
    return {"source": source, "compression": "gzip"} if packed else {"source": source}


def _node(profile: Profile, config: bytes, image_name: str) -> Json:
    """One node's own: its name, its kubeconfig, and the common half, pinned by its digest."""
    example = example_node(profile)
    digest = hashlib.sha512(config).hexdigest()
    common = {"source": f"{EXAMPLE_HOST}/{image_name}/config.ign",
              "verification": {"hash": f"sha512-{digest}"}}
    files = [_file(file.path, file.data, file.mode) for file in seed_files(example)]
    name = _file("/etc/hostname", f"{example.host}\n".encode(), 0o644)
    return {"ignition": {"version": VERSION, "config": {"merge": [common]}},
            "storage": {"files": [*files, name]}}


def _dumped(document: Json) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=True).encode() + b"\n"
