"""What a version is built from, pinned to the byte: the files under `pins/VERSION/`.

kubeadm, which only the tests need, has folders of its own (`pins/kubeadm-VERSION/`): every file of
a folder is part of the digests of all that is built from it.

`go.mod` and `go.sum` pin a build from Go modules; `source.json` pins one from a source tarball.
`sha256sums` holds what a build must come to.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from imagegen.common.errors import ToolError

_PINS = Path(__file__).parent / "pins"
_SUMS = "sha256sums"
# `--version` and /version tell the one, a client's User-Agent the other (hack/lib/version.sh)
_VERSIONS = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
# part of every digest: raise it when the way of building changes
_RECIPE = "2"


class KubeProgram(StrEnum):
    """A program of Kubernetes that can be built."""

    PROXY = "kube-proxy"
    APISERVER = "kube-apiserver"
    KUBEADM = "kubeadm"

    @property
    def prefix(self) -> str:
        """What its folders' names have before the version; one folder may serve several."""
        return "kubeadm-" if self is KubeProgram.KUBEADM else ""


# needs k8s.io/legacy-cloud-providers 0.29.6, which the module proxy does not give
_WITHOUT_SOURCES = {(KubeProgram.APISERVER, "1.29.6")}


@dataclass(frozen=True, slots=True)
class Tarball:
    """A source tarball: its path below a Debian mirror, its sha256, the folder inside it."""

    path: str
    sha256: str
    folder: str


@dataclass(frozen=True, slots=True)
class Pins:
    """One version's pins: the exact Go toolchain, the sources, the sums to come to."""

    version: str
    folder: Path
    toolchain: str
    tarball: Tarball | None
    sums: dict[str, str]

    def ldflags(self, vendored: bool = False) -> str:
        """The linker's flags: no symbols, and the version that the programs tell."""
        prefix = "k8s.io/kubernetes/vendor/" if vendored else ""
        major, minor, _ = self.version.split(".")
        told = {"gitVersion": f"v{self.version}", "gitMajor": major, "gitMinor": minor,
                "gitTreeState": "clean"}
        return " ".join(["-s -w", *(f"-X {prefix}{package}.{key}={text}"
                                    for package in _VERSIONS for key, text in told.items())])


def buildable_versions(program: KubeProgram = KubeProgram.PROXY) -> tuple[str, ...]:
    """Every version in which a program can be built, oldest first."""
    pattern = re.compile(rf"{program.prefix}(\d+\.\d+\.\d+)")
    names = (found[1] for path in _PINS.iterdir() if (found := pattern.fullmatch(path.name)))
    return tuple(sorted((name for name in names if (program, name) not in _WITHOUT_SOURCES),
                        key=_numbers))


def nearest(version: str, program: KubeProgram) -> str:
    """This version where the program can be built in it, else the next newer, else the newest."""
    known = buildable_versions(program)
    newer = (one for one in known if _numbers(one) >= _numbers(version))
    return next(newer, known[-1])


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def buildable(version: str, program: KubeProgram = KubeProgram.PROXY) -> bool:
    """Whether this version (`1.34.4`) can be built."""
    return version in buildable_versions(program)


def require_buildable(version: str, program: KubeProgram = KubeProgram.PROXY) -> None:
    """Raises ToolError that names the versions that can be built, for any other."""
    if not buildable(version, program):
        raise ToolError(
            f"Kubernetes {version} cannot be built here",
            hint=f"versions that can: {', '.join(buildable_versions(program))}; "
            "or name a kube-proxy of your own in the profile, by path or URL with its sha256",
        )


def pins(version: str, program: KubeProgram = KubeProgram.PROXY) -> Pins:
    """The pins of a program's version. Raises ToolError for one that cannot be built."""
    require_buildable(version, program)
    folder = _PINS / f"{program.prefix}{version}"
    source = folder / "source.json"
    if source.exists():
        return _from_tarball(version, folder, json.loads(source.read_text()))
    toolchain = re.search(r"^toolchain (\S+)$", (folder / "go.mod").read_text(), re.MULTILINE)
    assert toolchain, "every pinned go.mod names its toolchain"
    return Pins(version, folder, toolchain[1], None, _sums(folder))


def _from_tarball(version: str, folder: Path, source: dict[str, str]) -> Pins:
    tarball = Tarball(source["path"], source["sha256"], source["folder"])
    return Pins(version, folder, source["toolchain"], tarball, _sums(folder))


def _sums(folder: Path) -> dict[str, str]:
    """`sha256sum`'s own format: the program's name and the hex sum that its bytes have."""
    path = folder / _SUMS
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: sha256 for sha256, name in (line.split() for line in lines)}


def input_digest(program: KubeProgram, version: str) -> str:
    """Hex sha256 of all that decides the program's bytes; known without building it."""
    pinned = pins(version, program)
    digest = hashlib.sha256("\0".join([_RECIPE, program, version, pinned.toolchain]).encode())
    for path in sorted(pinned.folder.iterdir()):
        if path.name != _SUMS:  # says what comes out, decides nothing
            digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()
