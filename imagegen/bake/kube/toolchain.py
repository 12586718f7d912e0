"""Finding Go, and having it bring the exact toolchain that a version is pinned to."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.tools import install_hint
from imagegen.common.errors import ToolError
from imagegen.common.files import private_dir
from imagegen.common.run import environment, run
from imagegen.knowledge.tools import TOOLS, Tool

_SWITCHES_FROM = TOOLS[Tool.GO].minimum or (0, 0)
# what a build needs to know of its user's network and caches, and nothing more
_USERS = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE", "GOAUTH",
          "GOVCS", "GOCACHE", "GOMODCACHE", "GOPATH")
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NETRC", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
            "GOENV", *_USERS)
# what would change the program's bytes is said here, whatever the user's own settings are
_FIXED = {"GOOS": "linux", "GOARCH": "amd64", "GOAMD64": "v1", "CGO_ENABLED": "0", "GOWORK": "off",
          "GOENV": "off"}
_FETCH_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One exact Go: its root folder and the environment to run it in."""

    root: Path
    env: dict[str, str]

    @property
    def go(self) -> str:
        """The path of its `go` command."""
        return str(self.root / "bin" / "go")


def toolchain(name: str) -> Toolchain:
    """The Go called `name` (`go1.26.8`), fetched by the Go that is installed where it differs.

    Raises ToolError where no Go is installed that can do so, or the fetching fails.
    """
    go = find_go()
    asked = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    with private_dir() as empty:
        users = run([go, "env", "-json", *_USERS], env=asked | {"GOTOOLCHAIN": "local"}, cwd=empty)
        settings = {k: v for k, v in json.loads(users.output).items() if v}
        told = run([go, "env", "GOROOT"], env=asked | {"GOTOOLCHAIN": name}, cwd=empty,
                   timeout=_FETCH_SECONDS)
    root = Path(told.output.splitlines()[-1])
    exact = {"GOROOT": str(root), "GOTOOLCHAIN": "local"}
    return Toolchain(root, asked | settings | _FIXED | exact)


def find_go() -> str:
    """The first Go that can switch toolchains: on PATH, Go's own place, Debian's places."""
    old = []
    for go in _candidates():
        version = go_version(go)
        if version >= _SWITCHES_FROM:
            return go
        old.append(f"{go} is {version[0]}.{version[1]}")
    seen = f" ({'; '.join(old)})" if old else ""
    raise ToolError(f"Go {'.'.join(map(str, _SWITCHES_FROM))} or newer is not installed{seen}",
                    hint=install_hint([Tool.GO]))


def _candidates() -> Iterator[str]:
    folders = [*environment()["PATH"].split(":"), "/usr/local/go/bin"]
    debians = sorted(Path("/usr/lib").glob("go-1.*/bin"), key=lambda p: int(p.parts[3][5:]))
    for folder in [*folders, *map(str, reversed(debians))]:
        go = Path(folder) / "go"
        if folder and os.access(go, os.X_OK):
            yield str(go)


def go_version(go: str) -> tuple[int, int]:
    """Major and minor of a Go; (0, 0) for one that does not say."""
    done = run([go, "version"], env={"GOTOOLCHAIN": "local"}, check=False)
    found = re.search(r"\bgo(\d+)\.(\d+)", done.output)
    return (int(found[1]), int(found[2])) if found else (0, 0)
