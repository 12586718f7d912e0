"""Read the real Go types of kube-proxy's configuration, and a few of its constants.

`python -m tests.knowledge.read_kube_proxy` writes data/kube-proxy.yaml; Go's own client downloads
the modules into its cache. Nothing of them is copied but names and numbers.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from imagegen.common.run import need, run

FILE = Path(__file__).parent / "data/kube-proxy.yaml"
# the first release of each minor version; of 1.27 the module's first one is not to be had
VERSIONS = ("1.20.0", "1.21.0", "1.22.0", "1.23.0", "1.24.0", "1.25.0", "1.26.0", "1.27.16",
            "1.28.0", "1.29.0", "1.30.0", "1.31.0", "1.32.0", "1.33.0", "1.34.0", "1.35.0",
            "1.36.0", "1.37.0")
TYPES = "config/v1alpha1/types.go"
# where a type of another package is declared
IMPORTED = {"componentbaseconfigv1alpha1": ("component-base", TYPES),
            "componentbaseconfig": ("component-base", TYPES),
            "logsapi": ("component-base", "logs/api/v1/types.go"),
            "componentbasev1alpha1": ("component-base", TYPES)}
_FIELD = re.compile(r"^\t(?:(\w+) )?\*?([\w.\[\]]+) `json:\"([^\"]*)\"", re.M)
CONSTANTS = {
    "MinIPSetCheckVersion": "pkg/proxy/ipvs/ipset.go",
    "IPVSConnReuseModeMinSupportedKernelVersion": "pkg/util/kernel/constants.go",
    "IPVSConnReuseModeFixedKernelVersion": "pkg/util/kernel/constants.go",
}


@cache
def download_module(name: str, version: str) -> Path:
    """The folder of a module of k8s.io, in Go's own cache."""
    done = run([need("go", "golang-go"), "mod", "download", "-json", f"k8s.io/{name}@v{version}"],
               timeout=600)
    folder: str = json.loads(done.output[done.output.index("{"):])["Dir"]
    return Path(folder)


def staging_version(version: str) -> str:
    """The version of Kubernetes' libraries that belongs to a Kubernetes (`1.34.4` to `0.34.4`)."""
    return f"0.{version.partition('.')[2]}"


def read_structs(text: str) -> dict[str, list[tuple[str, str, str]]]:
    """Type -> its fields, each with its Go name, its type and its name in JSON."""
    found = re.findall(r"^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S)
    return {name: _FIELD.findall(body) for name, body in found}


def field_paths(version: str, module: str = "kube-proxy", path: str = TYPES,
                kind: str = "KubeProxyConfiguration") -> Iterator[str]:
    """Every field of a kube-proxy's configuration, dotted."""
    text = (download_module(module, staging_version(version)) / path).read_text()
    structs = read_structs(text)
    for _, inner, tag in structs[kind]:
        name = tag.partition(",")[0]
        package, _, imported = inner.rpartition(".")
        place = IMPORTED.get(package) if package else (module, path)
        if name == "-" or inner == "metav1.TypeMeta":
            continue
        nested = imported if package else inner
        if place is None or (not package and inner not in structs):
            yield name
            continue
        below = [*field_paths_in(version, *place, nested)]
        prefix = f"{name}." if name else ""  # Go takes an embedded type's fields for the outer's
        yield from (f"{prefix}{one}" for one in below) if below else (name,)


def field_paths_in(version: str, module: str, path: str, kind: str) -> list[str]:
    """The fields of one type, or none where it is no struct."""
    file = download_module(module, staging_version(version)) / path
    if not file.is_file() or kind not in read_structs(file.read_text()):
        return []
    return list(field_paths(version, module, path, kind))


def read_constants(version: str) -> dict[str, str]:
    """kube-proxy's own numbers, as its source at a version has them."""
    folder = download_module("kubernetes", version)
    found = {}
    for name, path in CONSTANTS.items():
        match = re.search(rf"\b{name} = \"([^\"]+)\"", (folder / path).read_text())
        if match:
            found[name] = match[1]
    return found


def main() -> None:
    """Write the file."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    document: dict[str, Any] = {
        "read": today,
        "source": f"Go modules k8s.io/kube-proxy, {TYPES}, and k8s.io/component-base",
        "versions": {version: sorted(field_paths(version)) for version in VERSIONS},
    }
    FILE.write_text("# Written by `python -m tests.knowledge.read_kube_proxy`.\n"
                    + yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=100))


if __name__ == "__main__":
    main()
