"""The two ways to compile: from pinned Go modules, and from a pinned source tarball."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.kube.pins import KubeProgram, Pins, Tarball
from imagegen.bake.kube.source import tarball
from imagegen.bake.kube.toolchain import Toolchain, toolchain
from imagegen.common.progress import Progress
from imagegen.common.run import run

_KUBERNETES = "k8s.io/kubernetes"
_OPENAPI = "pkg/generated/openapi"
_OPENAPI_TAG = b"+k8s:openapi-gen="
_FETCH_SECONDS = 1800
# ten times what two idle cores take: a bound for a machine that hangs, not for a slow one
_COMPILE_SECONDS = 7200


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where one compilation happens: its pins, a private folder, the log, who is told."""

    pins: Pins
    folder: Path
    log: Path
    progress: Progress

    def go(self, chain: Toolchain, arguments: Sequence[str], cwd: Path, seconds: float,
           **extra: str) -> None:
        """Run Go at low priority: the guest beside it is the one that a person waits for."""
        env = chain.env | extra | {"GOTMPDIR": str(self.folder)}
        run(["nice", "-n", "10", chain.go, *arguments], env=env, cwd=cwd, log=self.log,
            on_line=self.progress.line, timeout=seconds)


def compile_programs(shop: Workshop, programs: Sequence[KubeProgram]) -> dict[KubeProgram, Path]:
    """The programs of one version, compiled side by side; where each lies in the workshop."""
    chain = toolchain(shop.pins.toolchain)
    out = shop.folder / "out"
    out.mkdir()
    if shop.pins.tarball is None:
        _from_modules(shop, chain, programs, out)
    else:
        _from_source(shop, chain, shop.pins.tarball, programs, out)
    return {program: out / program for program in programs}


def _from_modules(
    shop: Workshop, chain: Toolchain, programs: Sequence[KubeProgram], out: Path
) -> None:
    module = shop.folder / "module"
    module.mkdir()
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(shop.pins.folder / name, module / name)
    packages = [f"{_KUBERNETES}/cmd/{program}" for program in programs]
    shop.progress.step("fetching the Go modules (75 MB, once)")
    # a list of nothing: what counts is that every source file is here after it
    shop.go(chain, ["list", "-deps", "-f={{print}}", *packages], module, _FETCH_SECONDS,
            GOFLAGS="-mod=readonly")
    _compile(shop, chain, packages, module, out, GOPROXY="off", GOFLAGS="-mod=readonly")


def _from_source(
    shop: Workshop, chain: Toolchain, pinned: Tarball, programs: Sequence[KubeProgram], out: Path
) -> None:
    tree = _unpacked(shop, pinned)
    gopath = {"GO111MODULE": "off", "GOPATH": str(shop.folder / "gopath"), "GOFLAGS": "-trimpath"}
    if KubeProgram.APISERVER in programs:
        _generate_openapi(shop, chain, tree, gopath)
    _compile(shop, chain, [f"./cmd/{program}" for program in programs], tree, out, **gopath)


def _compile(shop: Workshop, chain: Toolchain, packages: list[str], cwd: Path, out: Path,
             **env: str) -> None:
    shop.progress.step("compiling, 2 to 10 minutes")
    flags = ["-v", "-trimpath", "-buildvcs=false"]
    linker = ["-ldflags", shop.pins.ldflags(vendored=shop.pins.tarball is not None)]
    shop.go(chain, ["build", *flags, *linker, "-o", f"{out}/", *packages], cwd, _COMPILE_SECONDS,
            **env)


def _unpacked(shop: Workshop, pinned: Tarball) -> Path:
    """The source tree where a GOPATH build wants it."""
    archive = tarball(pinned, shop.progress)
    parent = shop.folder / "gopath" / "src" / "k8s.io"
    parent.mkdir(parents=True)
    run(["tar", "-xzf", str(archive), "-C", str(parent)], log=shop.log)
    return (parent / pinned.folder).rename(parent / "kubernetes")


def _generate_openapi(
    shop: Workshop, chain: Toolchain, tree: Path, gopath: dict[str, str]
) -> None:
    """Write the one generated file that the tarball lacks, as kubernetes' own Makefile does."""
    shop.progress.step("generating the API server's OpenAPI definitions")
    tool = shop.folder / "openapi-gen"
    shop.go(chain, ["build", "-o", str(tool), "./vendor/k8s.io/kube-openapi/cmd/openapi-gen"],
            tree, _COMPILE_SECONDS, **gopath)
    inputs = ",".join(f"{_KUBERNETES}/{folder}" for folder in _openapi_folders(tree))
    run([str(tool), "--logtostderr", "-i", inputs, "-p", f"{_KUBERNETES}/{_OPENAPI}",
         "-O", "zz_generated.openapi", "-r", str(shop.folder / "violations"),
         "-h", "vendor/k8s.io/code-generator/hack/boilerplate.go.txt"],
        env=chain.env | gopath | {"PATH": f"{chain.root}/bin:/usr/bin:/bin"}, cwd=tree,
        log=shop.log, on_line=shop.progress.line, timeout=_COMPILE_SECONDS)


def _openapi_folders(tree: Path) -> list[str]:
    """The packages that ask for OpenAPI definitions by a comment, as the vendor tree names them."""
    tagged = set()
    for path in [*tree.glob("pkg/**/*.go"), *tree.glob("staging/src/k8s.io/**/*.go")]:
        if _OPENAPI_TAG in path.read_bytes():
            folder = path.parent.relative_to(tree).as_posix()
            tagged.add(folder.replace("staging/src/", "vendor/"))
    unused = ("vendor/k8s.io/code-generator/", "vendor/k8s.io/sample-apiserver/")
    return sorted(name for name in tagged if not name.startswith(unused))
