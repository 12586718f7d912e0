"""The verb `adopt`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imagegen.adopt.collector import COMMAND
from imagegen.cli.common import say
from imagegen.common.errors import InputError

if TYPE_CHECKING:
    from imagegen.adopt.adopt import Adopted
    from imagegen.adopt.tree import Files

STDIO = "-"


def _print_collector(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from imagegen.adopt.collector import collector

        click.echo(collector(), nl=False)
        context.exit()


@click.command(epilog=f"Over ssh, as root so that every file can be read:\n\n\b\n{COMMAND}")
@click.argument("source", type=click.Path(path_type=Path), metavar="DIR|FILE.tar|-")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the profile there; without it, or with -, to standard output.")
@click.option("--force", is_flag=True, help="Overwrite FILE of -o where it is there already.")
@click.option("--name", help="The profile's name; without it, adopted.")
@click.option("--kubernetes", metavar="VERSION",
              help="kube-proxy's version, as `kube-proxy --version` says it on the node.")
@click.option("--kube-proxy", "kube_proxy", type=click.Path(path_type=Path), metavar="FILE",
              help="kube-proxy's configuration, where the node's files have it not: its file, or "
              "what `kubectl -n kube-system get configmap kube-proxy -o yaml` prints.")
@click.option("--service-cidr", metavar="CIDR", help="The cluster's service range.")
@click.option("--pod-cidr", metavar="CIDR",
              help="The pods' range, where kube-proxy's cluster CIDR is not it.")
@click.option("--api-server", "api_servers", multiple=True, metavar="ADDRESS:PORT",
              help="An API server; say it once for each.")
@click.option("--node-port-range", "node_ports", metavar="FIRST-LAST",
              help="The cluster's node ports, where they are not Kubernetes' default.")
@click.option("--packages", type=click.Path(path_type=Path), metavar="FILE",
              help="The node's packages, one a line, as `rpm -qa --qf '%{NAME}\\n'` prints them.")
@click.option("--base-image", metavar="PATH|URL",
              help="The base image, for a distribution whose base is not made from a mirror.")
@click.option("--base-sha256", metavar="HEX", help="The base image's sha256.")
@click.option("--collector", is_flag=True, is_eager=True, expose_value=False,
              callback=_print_collector,
              help="Print the script that collects a node's files, to be read before it is run.")
def adopt(source: Path, out: Path | None, name: str | None, kubernetes: str | None,
          kube_proxy: Path | None, service_cidr: str | None, pod_cidr: str | None,
          api_servers: tuple[str, ...], node_ports: str | None, packages: Path | None,
          base_image: str | None, base_sha256: str | None, force: bool) -> None:
    """Read an existing node's files and write the profile that reproduces it.

    DIR is a node's root directory, FILE.tar a tar of it (plain, gzip or xz), - such a tar on
    standard input. Nothing of it is run or extracted. What could not be carried over, and what was
    wrong on the old node, is said on stderr and as comments in the profile; the last note says what
    was looked at and what was not.

    kube-proxy is not run, so its version must stand in the files (its path, a package) or be given
    by --kubernetes. The profile is read back as `imagegen check` reads it. Exit codes: 0 it passes,
    with or without notes; 2 it is written and does not pass yet (a sha256 to be filled in), or the
    input is wrong and nothing is written.

    \b
    imagegen adopt /mnt/old-node -o edge.yaml
    imagegen adopt old-node.tar.gz --kubernetes 1.34.4 -o edge.yaml
    """
    from imagegen.adopt.adopt import Wishes
    from imagegen.adopt.adopt import adopt as adopted
    from imagegen.adopt.packages import names_of
    from imagegen.common.files import write_atomic

    out = None if out is not None and str(out) == STDIO else out
    if out is not None and out.exists() and not force:
        raise InputError(f"{out} is there already",
                         hint="choose another file with -o, or overwrite it with --force")
    listed = tuple(names_of(_text(packages))) if packages else ()
    given = (str(kube_proxy), _text(kube_proxy)) if kube_proxy else None
    found = adopted(_files(source), Wishes(kubernetes, name, service_cidr, pod_cidr, api_servers,
                                           listed, node_ports, given, base_image, base_sha256))
    for note in found.notes:
        say(f"note: {note.text}")
    if out is None:
        click.echo(found.text, nl=False)
    else:
        write_atomic(out, found.text.encode())
    _refuse(found, out)


def _refuse(found: Adopted, out: Path | None) -> None:
    """Say what stands between the written profile and a passing check, as `check` says it."""
    from imagegen.profile.check import check_bytes

    if not found.refused:
        return
    name = str(out) if out is not None else "standard output"
    for finding in check_bytes(name, found.text.encode()).errors:
        say(str(finding))
    what = "has places to be filled in" if found.only_places else "does not pass as it stands"
    raise InputError(f"the profile is written to {name} and {what}: every verb refuses it until "
                     "then", hint="mend what is listed above, then run `imagegen check` on it")


def _files(source: Path) -> Files:
    from imagegen.adopt.tree import folder_files, tar_files

    if str(source) == STDIO:
        return tar_files(sys.stdin.buffer, "standard input")
    if source.is_dir():
        return folder_files(source)
    _refuse_yaml(source)
    try:
        with source.open("rb") as file:
            return tar_files(file, str(source))
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from None


def _refuse_yaml(source: Path) -> None:
    """A dump of kube-proxy's ConfigMap is no node: say where it belongs."""
    from imagegen.adopt.documents import documents

    try:
        with source.open("rb") as file:
            head = file.read(1 << 17)
    except OSError:
        return
    text = head.decode("utf-8", "replace")
    if any(isinstance(one, dict) and "kind" in one for one in documents(text)):
        raise InputError(f"{source} is a file of YAML, and adopt takes a node's root directory or "
                         "a tar of it", hint=f"give the node's root, and beside it `--kube-proxy "
                         f"{source}`, if that is kube-proxy's configuration or its ConfigMap")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
