"""The verb `build`, and those that make one of its inputs."""

from __future__ import annotations

from pathlib import Path

import click

from imagegen.cli.common import ACCELERATOR, PROFILE, STRICT, drawn_progress, loaded


@click.command()
@PROFILE
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
              default=Path("images"), show_default=True, help="The folder of images.")
@click.option("--timeout", default=3600.0, show_default=True, metavar="SECONDS",
              help="The longest that the bake may take.")
@ACCELERATOR
@STRICT
def build(profile: Path, out: Path, accelerator: str, timeout: float, strict: bool) -> None:
    """Bake PROFILE into a sealed qcow2 with its sha256 and manifest.

    The base image and kube-proxy are made once and cached; unchanged inputs answer at once. A red
    verdict in the build guest stops the build before anything is sealed.

    \b
    imagegen build edge.yaml -o images
    """
    from imagegen.bake.accelerator import Accelerator
    from imagegen.bake.build import build as bake

    wanted = loaded(profile, strict=strict)
    with drawn_progress() as progress:
        built = bake(wanted, out, progress, accelerator=Accelerator(accelerator), timeout=timeout)
    how = "unchanged, from the cache" if built.cached else f"built in {built.seconds:.0f} s"
    click.echo(f"{built.path}  {built.path.stat().st_size >> 20} MiB  {how}")
    click.echo(f"sha256 {built.sha256}")


@click.command()
@PROFILE
@click.option("--refresh", is_flag=True, help="Make it anew from the mirror as it is now.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE",
              help="Copy it there; without it, only its place in the cache is printed.")
def base(profile: Path, refresh: bool, out: Path | None) -> None:
    """Make the base image of PROFILE from a package mirror.

    Needs no loop device and no device mapper.

    \b
    imagegen base edge.yaml               its place in the cache
    imagegen base edge.yaml --refresh     from the mirror as it is now
    """
    from imagegen.bake.base import base_image
    from imagegen.bake.inputs import base_spec
    from imagegen.common.files import copy_atomic
    from imagegen.profile.load import load_profile

    spec = base_spec(load_profile(profile))
    with drawn_progress() as progress:
        made = base_image(spec, progress, refresh=refresh)
    if out is not None:
        copy_atomic(made.path, out)
    click.echo(f"{out or made.path}\nsha256 {made.sha256}")


@click.command()
@PROFILE
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
              default=Path("inputs"), show_default=True, help="The folder to fill.")
def inputs(profile: Path, out: Path) -> None:
    """Bring what `packer build .` needs beside the rendered packer/ folder.

    The base image, the kube-proxy program, a throwaway ssh key and the build's seed. At the end it
    says whether this machine's KVM works, and which `packer build` uses it: without `-var
    accelerator=kvm` Packer emulates the guest, which takes several times as long.

    \b
    imagegen render edge.yaml -o out
    imagegen inputs edge.yaml -o out/packer/inputs
    cd out/packer && packer build .
    """
    from imagegen.bake.accelerator import Accelerator, build_choice
    from imagegen.bake.inputs import gather, lay_out
    from imagegen.bake.preflight import require_for_inputs
    from imagegen.profile.load import load_profile

    wanted = load_profile(profile)
    require_for_inputs(wanted, out)
    # a file system that takes no folder is heard of now, not when the inputs are there
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    with drawn_progress() as progress:
        lay_out(wanted, gather(wanted, progress), out)
    choice = build_choice()
    option = "" if choice.accelerator is Accelerator.TCG else \
        f"-var accelerator={choice.accelerator} "
    click.echo(f"{out}: now `packer build {option}.` in the folder above it ({choice.why})")


@click.command()
@PROFILE
@click.option("--dry-run", is_flag=True,
              help="Only say where each would come from: cached, fetch or compile.")
def kubernetes(profile: Path, dry_run: bool) -> None:
    """Bring kube-proxy and kube-apiserver of PROFILE's version.

    Into the cache: the official release's where dl.k8s.io answers, else compiled in one go; the API
    server in the nearest version that can be compiled. `build` needs the first, `verify --cluster
    local` the second; each would bring what it misses.

    \b
    imagegen kubernetes edge.yaml
    imagegen kubernetes edge.yaml --dry-run
    """
    from imagegen.bake.inputs import programs_for, sources_for
    from imagegen.profile.load import load_profile

    wanted = load_profile(profile)
    if dry_run:
        for source in sources_for(wanted):
            click.echo(source)
        return
    with drawn_progress() as progress:
        programs = programs_for(wanted, progress)
    for path in programs:
        click.echo(path)
