"""What an example pins and only its reader has, replaced by this machine's own of the same kind.

Its proxy is nobody's either: a guest's API server is reached without it, as the reader's would be.
"""

from __future__ import annotations

import copy
import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagegen.bake.inputs import find_base, find_kube_proxy
from imagegen.boot.cluster.model import GUEST_VIEW
from imagegen.common.files import private_dir, sha256_file
from imagegen.common.places import cache_dir
from imagegen.common.progress import Silent
from tests.profiles import changed, parsed

KUBELET = Path(__file__).with_name("kubelet.sh")
PLACES = {"base": ("image", "base"), "kube-proxy": ("kubeProxy", "binary"),
          "kubelet": ("os", "kubelet")}


@dataclass(frozen=True, slots=True)
class StandIns:
    """The files by their names, and where they are served."""

    files: dict[str, Path]
    url: str

    def put_in(self, data: dict[str, Any]) -> dict[str, Any]:
        """The data with a file of this machine wherever one is fetched by path or URL."""
        whole = copy.deepcopy(data)
        for name, places in PLACES.items():
            section = whole
            for part in places:
                section = section.get(part) or {}
            if section.get("from") in ("path", "url"):
                section["sha256"] = sha256_file(self.files[name])
                there = str(self.files[name]) if section["from"] == "path" else self._url(name)
                section[section["from"]] = there
        if proxy := (whole.get("os") or {}).get("proxy"):
            proxy["noProxy"] = [*(proxy.get("noProxy") or []), GUEST_VIEW]
        return whole

    def _url(self, name: str) -> str:
        return f"{self.url}/{name}"


@contextmanager
def stand_ins(release: str, version: str) -> Iterator[StandIns]:
    """For as long as the context lives; what was downloaded is taken out of the cache again."""
    profile = parsed(changed({"os.release": release, "kubeProxy.version": version}))
    files = {"base": find_base(profile, Silent()).path, "kubelet": KUBELET,
             "kube-proxy": find_kube_proxy(profile, Silent()).path}
    with private_dir(prefix="imagegen-served-") as folder, _served(folder) as url:
        for name, path in files.items():
            (folder / name).symlink_to(path)
        try:
            yield StandIns(files, url)
        finally:
            for path in files.values():
                (cache_dir("downloads") / sha256_file(path)).unlink(missing_ok=True)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the tests' own output."""
