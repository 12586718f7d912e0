"""One function a verb, each a few lines; what they do is elsewhere, imported when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from imagegen import __version__

if TYPE_CHECKING:
    from imagegen.report.progress import Drawn

PROFILE = click.argument("profile", type=click.Path(path_type=Path), metavar="PROFILE")
ACCELERATOR = click.option("--accelerator", type=click.Choice(["auto", "kvm", "tcg"]),
                           default="auto", show_default=True,
                           help="Who runs the guest's instructions; auto tries KVM for real.")
OUT = click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
                   required=True, help="The folder to write; replaced as a whole.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="imagegen %(version)s")
def cli() -> None:
    """One cluster profile in, node images out that boot in IPVS mode and prove it.

    \b
    imagegen render profiles/quickstart.yaml -o out    every file, to read and to keep
    imagegen build profiles/quickstart.yaml -o images  a sealed image (minutes)
    imagegen verify images/quickstart-….qcow2          boots it and hears its verdict

    Exit codes: 0 good, 1 the node or image is not healthy, 2 the input is wrong, 3 a tool is
    missing or failed, 130 interrupted.
    """


@cli.command()
@PROFILE
@OUT
def render(profile: Path, out: Path) -> None:
    """Write all files of PROFILE: no tool, no network, no root.

    node/ is the node's file system, cloud-init/ what a node is told at boot, packer/ a build that
    stands by itself, manifest.json every file with its sha256 and every fact.
    """
    from imagegen.profile.load import load_profile
    from imagegen.render.render import render as rendered

    rendering = rendered(load_profile(profile))
    rendering.tree.write(out)
    click.echo(f"{out}: {len(rendering.tree.files)} files, {len(rendering.plan.facts)} facts, "
               f"image {rendering.image_name}")


@cli.command()
@PROFILE
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
              default=Path("images"), show_default=True, help="The folder of images.")
@click.option("--timeout", default=3600.0, show_default=True, metavar="SECONDS",
              help="The longest that the bake may take.")
@ACCELERATOR
def build(profile: Path, out: Path, accelerator: str, timeout: float) -> None:
    """Bake PROFILE into a sealed qcow2 with its sha256 and manifest.

    The base image and kube-proxy are made once and cached; unchanged inputs answer at once. A red
    verdict in the build guest stops the build before anything is sealed.
    """
    from imagegen.bake.accelerator import Accelerator
    from imagegen.bake.build import build as bake
    from imagegen.profile.load import load_profile

    wanted = load_profile(profile)
    with _progress() as progress:
        built = bake(wanted, out, progress, accelerator=Accelerator(accelerator), timeout=timeout)
    how = "unchanged, from the cache" if built.cached else f"built in {built.seconds:.0f} s"
    click.echo(f"{built.path}  {built.path.stat().st_size >> 20} MiB  {how}")
    click.echo(f"sha256 {built.sha256}")


@cli.command()
@click.argument("image", type=click.Path(path_type=Path), metavar="IMAGE")
@click.option("--cluster", metavar="local", type=click.Choice(["local"]),
              help="Prove the table as well: a real etcd and API server on this machine.")
@click.option("--profile", type=click.Path(path_type=Path), metavar="PROFILE",
              help="The profile of the image, needed with --cluster for its ranges and version.")
@click.option("--clones", default=1, show_default=True, metavar="N",
              help="Boot so many at once; two and more must be nodes of their own.")
@click.option("--timeout", default=900.0, show_default=True, metavar="SECONDS",
              help="How long a node may take from power-on to its verdict.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts as JSON lines.")
@click.option("--keep-log", type=click.Path(path_type=Path), metavar="DIR",
              help="Keep each node's console there.")
@ACCELERATOR
def verify(image: Path, cluster: str | None, profile: Path | None, clones: int, timeout: float,
           as_json: bool, keep_log: Path | None, accelerator: str) -> None:
    """Boot the sealed IMAGE on a throwaway overlay and hear its verdict.

    Needs no ssh and no password. Without --cluster the verdict is of level kernel, with it of level
    table. The image's bytes are proven unchanged.
    """
    from imagegen.bake.accelerator import Accelerator
    from imagegen.boot.proof import prove
    from imagegen.report.proof import proof_json, proof_text

    with _progress() as progress:
        proof = prove(image, progress, cluster=cluster is not None, profile=profile,
                             clones=clones, timeout=timeout, keep_log=keep_log,
                             accelerator=Accelerator(accelerator))
    click.echo(proof_json(proof) if as_json else proof_text(proof))
    raise click.exceptions.Exit(0 if proof.green else 1)


@cli.command()
@PROFILE
@click.option("--refresh", is_flag=True, help="Make it anew from the mirror as it is now.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE",
              help="Copy it there; without it, only its place in the cache is printed.")
def base(profile: Path, refresh: bool, out: Path | None) -> None:
    """Make the base image of PROFILE from a package mirror: no loop device, no device mapper."""
    from imagegen.bake.base import base_image
    from imagegen.bake.inputs import base_spec
    from imagegen.common.files import copy_atomic
    from imagegen.profile.load import load_profile

    spec = base_spec(load_profile(profile))
    with _progress() as progress:
        made = base_image(spec, progress, refresh=refresh)
    if out is not None:
        copy_atomic(made.path, out)
    click.echo(f"{out or made.path}\nsha256 {made.sha256}")


@cli.command()
@PROFILE
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
              default=Path("inputs"), show_default=True, help="The folder to fill.")
def inputs(profile: Path, out: Path) -> None:
    """Bring what `packer build .` needs beside the rendered packer/ folder.

    The base image, the kube-proxy program, a throwaway ssh key and the build's seed.
    """
    from imagegen.bake.inputs import gather, lay_out
    from imagegen.profile.load import load_profile

    wanted = load_profile(profile)
    with _progress() as progress:
        lay_out(gather(wanted, progress), out)
    click.echo(f"{out}: now `packer build .` in the folder above it")


@cli.command()
@PROFILE
def kubernetes(profile: Path) -> None:
    """Build kube-proxy and kube-apiserver of PROFILE's version into the cache, in one go.

    `build` needs the first, `verify --cluster local` the second; each would build what it misses.
    """
    from imagegen.bake.kube import KubeProgram, kube_binaries
    from imagegen.profile.load import load_profile

    version = load_profile(profile).kube_proxy.version
    with _progress() as progress:
        programs = kube_binaries([(program, version) for program in KubeProgram], progress)
    for path in programs.values():
        click.echo(path)


@cli.command()
@PROFILE
@click.option("--name", required=True, help="The node's name in the cluster.")
@click.option("--hostname", default="", help="The host's name, where it is not the node's.")
@click.option("--address", help="The node's own address, for kube-proxy 1.25 and older.")
@click.option("--server", metavar="URL", help="The API server, as kube-proxy reaches it.")
@click.option("--ca", type=click.Path(path_type=Path, exists=True), metavar="FILE",
              help="The PEM of the cluster's certificate authority.")
@click.option("--token", "token", metavar="env:NAME|file:PATH",
              help="Where kube-proxy's token is; it goes into the seed only.")
@click.option("--full", is_flag=True,
              help="For a stock image: all that would be baked travels in the seed.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE",
              required=True, help="The NoCloud volume to write (mode 0600: it holds the token).")
def seed(profile: Path, name: str, hostname: str, address: str | None, server: str | None,
         ca: Path | None, token: str | None, full: bool, out: Path) -> None:
    """Write the seed of one node: what is its own and therefore not in the image."""
    from imagegen.boot.node_seed import write_seed
    from imagegen.profile.load import load_profile

    with _progress() as progress:
        write_seed(load_profile(profile), out, progress, name=name, hostname=hostname,
                   address=address, server=server, ca=ca, token=token, full=full)
    click.echo(f"{out}: attach it to the node {name} as a disk or CD")


def _progress() -> Drawn:
    from imagegen.report.progress import drawn

    return drawn()
