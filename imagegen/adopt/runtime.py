"""containerd of an old node, and the programs that a profile pins."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.secrets import secret_in
from imagegen.adopt.tree import Files
from imagegen.knowledge.distributions import Release

CONFIG = "/etc/containerd/config.toml"
_PACKAGES = ("containerd", "containerd.io")
# a setting's name -> the values that say no more than containerd's or imagegen's own
_PLAIN: dict[str, tuple[object, ...]] = {
    "root": ("/var/lib/containerd",), "state": ("/run/containerd",), "SystemdCgroup": (True,),
    "default_runtime_name": ("runc",), "snapshotter": ("overlayfs", ""),
    "bin_dir": ("/opt/cni/bin",), "bin_dirs": (["/opt/cni/bin"],), "conf_dir": ("/etc/cni/net.d",),
    "config_path": ("", "/etc/containerd/certs.d:/etc/docker/certs.d"), "imports": ([],),
    "disabled_plugins": ([],), "required_plugins": ([],), "enable_selinux": (False,),
    "max_concurrent_downloads": (3,), "runtime_type": ("io.containerd.runc.v2",), "mirrors": ({},),
    "auths": ({},), "configs": ({},), "proxy_plugins": ({},), "oom_score": (0, -999),
}
MAX_PARTS = 60
_SECTIONS = ("mirrors", "auths", "configs", "proxy_plugins")


def sandbox_image(text: str) -> str | None:
    """The pause image of containerd's configuration, in its versions 1 to 3."""
    data = _loaded(text)
    for path in (("plugins", "io.containerd.grpc.v1.cri", "sandbox_image"),
                 ("plugins", "io.containerd.cri.v1.images", "pinned_images", "sandbox"),
                 ("plugins", "cri", "sandbox_image")):
        found: Any = data
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, str):
            return found
    return None


def _loaded(text: str) -> dict[str, Any] | None:
    """What tomllib would build of a key of a thousand parts nobody could walk."""
    if any(line.count(".") > MAX_PARTS for line in text.splitlines()):
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def adopted_containerd(files: Files, packages: Mapping[str, str], release: Release,
                       notes: Notes) -> dict[str, Any] | None:
    """The package and the pause image; each other setting that is not the default's is told."""
    text = files.text(CONFIG)
    installed = [name for name in _PACKAGES if name in packages]
    if text is None and not installed:
        return None
    package = release.containerd.package
    if package is None:
        notes.add(f"no repository of {release.title} has containerd: add Docker's by a script in "
                  "os.hooks.before", "os", "containerd")
    elif "containerd.io" in installed:
        notes.add("the old node had containerd.io of Docker's repository; the profile takes the "
                  "distribution's containerd. Name the package and its mirror to keep it",
                  "os", "containerd")
    _tell(text or "", notes)
    image = sandbox_image(text or "")
    return {"package": package or "containerd.io", **({"sandboxImage": image} if image else {})}


def _tell(text: str, notes: Notes) -> None:
    data = _loaded(text)
    if data is None:
        notes.add(f"{CONFIG} is not TOML that containerd could read; nothing of it is carried over",
                  "os", "containerd")
        return
    if secret := secret_in(text):
        notes.add(f"{CONFIG}:{secret[0]} holds {secret[1]}: never carried over", "os", "containerd")
    rows = text.split("\n")
    for name in dict.fromkeys(_changed(data)):
        line = next((number for number, row in enumerate(rows, 1) if name in row), 1)
        notes.add(f"{CONFIG}:{line} sets {name}: not carried over, imagegen writes containerd's "
                  "configuration", "os", "containerd")


def _changed(data: Mapping[str, Any]) -> Iterator[str]:
    """The names of settings that matter and say other than the default; values are not shown."""
    for name, value in data.items():
        if name in _PLAIN and value not in _PLAIN[name]:
            yield name
        elif isinstance(value, dict) and name not in _SECTIONS:
            yield from _changed(value)


def official(program: str, expect: Mapping[str, Any]) -> dict[str, Any]:
    """A program of Kubernetes from its own downloads, pinned by the old one's sha256."""
    version = expect.get("version")
    return {"version": version, "from": "url", "sha256": expect.get("sha256"),
            "url": f"https://dl.k8s.io/release/v{version}/bin/linux/amd64/{program}"}
