"""The verb `render`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imagegen.cli.common import OUT, PROFILE, STRICT, loaded, say
from imagegen.common.errors import InputError

if TYPE_CHECKING:
    from imagegen.render.render import Rendering


@click.command()
@PROFILE
@OUT
@STRICT
def render(profile: Path, out: Path, strict: bool) -> None:
    """Write all files of PROFILE: no tool, no network, no root.

    node/ is the node's file system, cloud-init/ what a node is told at boot, packer/ a build that
    stands by itself, manifest.json every file with its sha256 and every fact. Rendered again, the
    folder keeps what its manifest does not name, such as packer/inputs and packer/output.

    \b
    imagegen render edge.yaml -o out
    imagegen render edge.yaml -o - > out.tar
    """
    from imagegen.render.render import render as rendered

    rendering = rendered(loaded(profile, strict=strict))
    what = (f"{len(rendering.tree.files)} files, {len(rendering.plan.facts)} facts, "
            f"{_result(rendering)}")
    if str(out) == "-":
        if sys.stdout.isatty():
            raise InputError("a tar goes to no terminal", hint="pipe it into `tar -x`, or name a "
                             "folder with -o")
        click.echo(rendering.tree.tar(), nl=False)
        say(f"standard output: {what}")
        return
    rendering.tree.write(out)
    click.echo(f"{out}: {what}")


def _result(rendering: Rendering) -> str:
    """What the tree is for: an image, or a system that Ignition configures."""
    from imagegen.knowledge.distributions import Manager
    from imagegen.plan.work_out import release_for

    if release_for(rendering.profile).manager is Manager.NONE:
        return f"for Ignition, no image ({rendering.image_name})"
    return f"image {rendering.image_name}"
