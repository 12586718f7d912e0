"""Starting a control plane, waiting for it, and leaving nothing of it behind."""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from imagegen.boot.cluster.certificates import Certificates, make_certificates
from imagegen.boot.cluster.model import GUEST_VIEW, GUEST_VIEW_IPV6, ClusterSpec
from imagegen.boot.cluster.plane import ControlPlane
from imagegen.boot.cluster.programs import apiserver_command, etcd_command, find_programs
from imagegen.boot.cluster.rest import Rest
from imagegen.common.errors import ToolError
from imagegen.common.files import private_dir
from imagegen.common.progress import Progress
from imagegen.common.run import Done, failed, started

_READY_SECONDS = 180
_LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Server:
    """A running server and its log."""

    child: subprocess.Popen[bytes]
    log: Path

    def alive(self) -> None:
        """Raises ToolError, with its last lines, when the server has ended."""
        code = self.child.poll()
        if code is not None:
            argv = tuple(map(str, self.child.args))  # type: ignore[arg-type]
            raise failed(Done(argv, code, self.log.read_text(errors="replace")))


@contextmanager
def control_plane(spec: ClusterSpec, progress: Progress) -> Iterator[ControlPlane]:
    """A running control plane, gone with all its data at the end.

    Its version is the spec's, or the nearest that can be built. Raises ToolError when a program is
    missing, ends, or is not ready within three minutes.
    """
    programs = find_programs(spec.kubernetes, progress)
    spec = replace(spec, kubernetes=programs.kubernetes)
    with private_dir() as folder, ExitStack() as stack:
        progress.step(f"starting etcd and kube-apiserver {spec.kubernetes}")
        certificates = make_certificates(folder, ("127.0.0.1", GUEST_VIEW))
        token, tokens = _token(folder)
        client, peer, port = _free_ports(3)
        etcd = _start(stack, folder, etcd_command(programs.etcd, folder, client, peer))
        command = apiserver_command(programs.apiserver, spec, certificates, tokens, client, port)
        servers = (etcd, _start(stack, folder, command))
        plane = _connected(port, certificates, token, servers)
        _wait_ready(plane.api, servers)
        plane.set_api_servers(spec.api_servers or (_guest_view(spec, port),))
        yield plane


def _guest_view(spec: ClusterSpec, port: int) -> str:
    return f"[{GUEST_VIEW_IPV6}]:{port}" if spec.primary_ipv6 else f"{GUEST_VIEW}:{port}"


def _token(folder: Path) -> tuple[str, Path]:
    """A random token, and the file (0600) that tells the server of it."""
    token, path = secrets.token_hex(24), folder / "tokens.csv"
    path.touch(mode=0o600)
    path.write_text(f"{token},imagegen,imagegen,system:masters\n")
    return token, path


def _free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def _start(stack: ExitStack, folder: Path, argv: Sequence[str]) -> _Server:
    log = folder / f"{Path(argv[0]).name}.log"
    sink = stack.enter_context(log.open("wb"))
    return _Server(stack.enter_context(started(argv, stdout=sink)), log)


def _connected(
    port: int, certificates: Certificates, token: str, servers: Sequence[_Server]
) -> ControlPlane:
    def alive() -> None:
        for server in servers:
            server.alive()

    ca_pem = certificates.ca.read_text()
    api = Rest(f"https://127.0.0.1:{port}", ca_pem, token, alive)
    return ControlPlane(port, ca_pem, token, api)


def _wait_ready(api: Rest, servers: Sequence[_Server]) -> None:
    """Until /readyz is good and the server has made the `kubernetes` service."""
    until = time.monotonic() + _READY_SECONDS
    while True:
        said = api.ready()
        if said is None and api.find("/api/v1/namespaces/default/services/kubernetes"):
            return
        if time.monotonic() > until:
            break
        time.sleep(_LOOK_AGAIN_SECONDS)
    raise ToolError(
        f"the API server was not ready within {_READY_SECONDS} s; /readyz says: {said}\n"
        + _last_lines(servers)
    )


def _last_lines(servers: Sequence[_Server]) -> str:
    lines = [line for server in servers
             for line in server.log.read_text(errors="replace").splitlines()[-8:]]
    return "\n".join(f"  | {line}" for line in lines)
