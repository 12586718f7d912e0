"""The verb `render`."""

from __future__ import annotations

from pathlib import Path

import click

from imagegen.cli.common import OUT, PROFILE, STRICT, loaded


@click.command()
@PROFILE
@OUT
@STRICT
def render(profile: Path, out: Path, strict: bool) -> None:
    """Write all files of PROFILE: no tool, no network, no root.

    node/ is the node's file system, cloud-init/ what a node is told at boot, packer/ a build that
    stands by itself, manifest.json every file with its sha256 and every fact.

    \b
    imagegen render profiles/quickstart.yaml -o out
    """
    from imagegen.render.render import render as rendered

    rendering = rendered(loaded(profile, strict=strict))
    rendering.tree.write(out)
    click.echo(f"{out}: {len(rendering.tree.files)} files, {len(rendering.plan.facts)} facts, "
               f"image {rendering.image_name}")
