"""The folder that Packer is given: static templates, and every value in a variables file."""

from __future__ import annotations

import json

from imagegen.common.assets import asset_bytes
from imagegen.common.documents import yaml_bytes
from imagegen.knowledge.distributions import Manager
from imagegen.plan.work_out import release_for
from imagegen.profile.model import Profile
from imagegen.render.tree import Tree, TreeFile

INPUTS = "inputs"
_SAME = ("node.pkr.json", "seal.sh", "steps/05-before.sh", "steps/20-node.sh", "steps/25-system.sh",
         "steps/30-prepare.sh", "steps/33-after.sh", "steps/40-check.sh")
_OF_MANAGER = ("10-packages.sh", "35-inventory.sh")
VARIABLES = "node.auto.pkrvars.json"


def packer_files(profile: Profile, image_name: str, node: Tree) -> Tree:
    """`packer/`: what `packer build .` needs but the base image, kube-proxy and the build's key."""
    files = {
        VARIABLES: TreeFile(_json(variables(profile, image_name))),
        "node.tar": TreeFile(node.tar()),
        "README.md": TreeFile(asset_bytes("packer/qemu/README.md")),
        "plugins/plugins.pkr.hcl": TreeFile(asset_bytes("packer/plugins/plugins.pkr.hcl")),
    }
    for name, source in _scripts(release_for(profile).manager).items():
        mode = 0o755 if name.endswith(".sh") else 0o644
        files[name] = TreeFile(asset_bytes(f"packer/qemu/{source}"), mode)
    return Tree(files)


def _scripts(manager: Manager) -> dict[str, str]:
    """Name in the folder -> name under packer/qemu; a package manager has its own steps."""
    own = {f"steps/{name}": f"managers/{manager}/{name}" for name in _OF_MANAGER}
    return {name: name for name in _SAME} | own


def variables(profile: Profile, image_name: str) -> dict[str, object]:
    """The template's variables; paths are relative to the folder."""
    image = profile.image
    return {
        "name": image_name,
        "base_image": image.base.url or f"{INPUTS}/base.qcow2",
        "base_checksum": f"sha256:{image.base.sha256}" if image.base.sha256 else
        f"file:{INPUTS}/base.qcow2.sha256",
        # all that lies on the volume which the build guest reads
        "media": [f"{INPUTS}/user-data", f"{INPUTS}/meta-data", "node.tar",
                  *(f"{INPUTS}/{name}" for name in programs(profile))],
        "ssh_key": f"{INPUTS}/ssh_key",
        "accelerator": "tcg",
        "disk_size": f"{image.disk_gib * 1024}M",
        "memory": image.build_memory_mib,
        "cpus": image.build_cpus,
        # a boot under software emulation takes minutes on a loaded machine
        "ssh_timeout": "20m",
        "output": "output",
        "serial_log": "serial.log",
    }


def programs(profile: Profile) -> list[str]:
    """The programs that lie beside the tree, under the names that step 20 knows them by."""
    return [*(["kube-proxy"] if profile.kube_proxy.by_unit else []),
            *(["kubelet"] if profile.os.kubelet else [])]


_KEYS = "/run/imagegen-build/keys"
_OLD_KEYS = "/root/.ssh/authorized_keys"


def build_user_data(public_key: str, *, drop_ins: bool = True) -> bytes:
    """The build guest's #cloud-config: a way in for this build's key, and nothing else.

    The key lies under /run, so that it is gone with the guest whatever the seal does; an sshd that
    reads no drop-ins finds it in root's home, which the seal removes. The modules that cloud-init
    would spend minutes on under emulation are left out.
    """
    drop_in = {"path": "/etc/ssh/sshd_config.d/imagegen-build.conf", "permissions": "0600",
               "content": f"AuthorizedKeysFile {_KEYS}\nPermitRootLogin prohibit-password\n"
                          "UseDNS no\n"}
    key = {"path": _KEYS if drop_ins else _OLD_KEYS, "permissions": "0600",
           "content": f"{public_key}\n"}
    config = {
        # no default user, whom the ssh module would look for in vain
        "users": [{"name": "root"}],
        "disable_root": False,
        "write_files": [key, drop_in] if drop_ins else [key],
        "cloud_init_modules": ["write-files", "growpart", "resizefs", "ssh"],
        "cloud_config_modules": [],
        "cloud_final_modules": [],
    }
    return b"#cloud-config\n" + yaml_bytes(config)


def build_meta_data() -> bytes:
    """The build guest's meta-data."""
    return b"instance-id: imagegen-build\nlocal-hostname: imagegen-build\n"


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"
