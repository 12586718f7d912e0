"""The verb `adopt`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imagegen.adopt.command import SSH
from imagegen.cli.common import say
from imagegen.common.errors import InputError

if TYPE_CHECKING:
    from imagegen.adopt.tree import Files


@click.command(epilog=f"Over ssh, as root so that every file can be read:\n\n\b\n{SSH}")
@click.argument("source", type=click.Path(path_type=Path), metavar="DIR|FILE.tar|-")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the profile there; without it, to standard output.")
@click.option("--name", help="The profile's name; without it, adopted.")
@click.option("--kubernetes", metavar="VERSION",
              help="kube-proxy's version, as `kube-proxy --version` says it on the node.")
@click.option("--service-cidr", metavar="CIDR", help="The cluster's service range.")
@click.option("--pod-cidr", metavar="CIDR",
              help="The pods' range, where kube-proxy's cluster CIDR is not it.")
@click.option("--api-server", "api_servers", multiple=True, metavar="ADDRESS:PORT",
              help="An API server; say it once for each.")
@click.option("--node-port-range", "node_ports", metavar="FIRST-LAST",
              help="The cluster's node ports, where they are not Kubernetes' default.")
@click.option("--packages", type=click.Path(path_type=Path), metavar="FILE",
              help="The node's packages, one a line, as `rpm -qa --qf '%{NAME}\\n'` prints them.")
def adopt(source: Path, out: Path | None, name: str | None, kubernetes: str | None,
          service_cidr: str | None, pod_cidr: str | None, api_servers: tuple[str, ...],
          node_ports: str | None, packages: Path | None) -> None:
    """Read an existing node's files and write the profile that reproduces it.

    DIR is a node's root directory, FILE.tar a tar of it (plain, gzip or xz), - such a tar on
    standard input. Nothing of it is run or extracted. What could not be carried over, and what was
    wrong on the old node, is said on stderr and as comments in the profile.

    kube-proxy is not run, so its version must stand in the files (its path, a package) or be given
    by --kubernetes. Exit codes: 0 written, with or without notes, 2 the input is wrong.

    \b
    imagegen adopt /mnt/old-node -o edge.yaml
    imagegen adopt old-node.tar.gz --kubernetes 1.34.4 -o edge.yaml
    """
    from imagegen.adopt.adopt import Wishes
    from imagegen.adopt.adopt import adopt as adopted
    from imagegen.adopt.packages import names_of
    from imagegen.common.files import write_atomic

    if out is not None and out.exists():
        raise InputError(f"{out} is there already", hint="choose another file with -o")
    listed = tuple(names_of(_read(packages).decode("utf-8", "replace"))) if packages else ()
    found = adopted(_files(source), Wishes(kubernetes, name, service_cidr, pod_cidr, api_servers,
                                           listed, node_ports))
    for note in found.notes:
        say(f"note: {note.text}")
    if out is None:
        click.echo(found.text, nl=False)
    else:
        write_atomic(out, found.text.encode())


def _files(source: Path) -> Files:
    from imagegen.adopt.tree import folder_files, tar_files

    if str(source) == "-":
        return tar_files(sys.stdin.buffer, "standard input")
    if source.is_dir():
        return folder_files(source)
    try:
        with source.open("rb") as file:
            return tar_files(file, str(source))
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
