"""What several verbs take and show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from imagegen.report.progress import Drawn

PROFILE = click.argument("profile", type=click.Path(path_type=Path), metavar="PROFILE")
ACCELERATOR = click.option("--accelerator", type=click.Choice(["auto", "kvm", "tcg"]),
                           default="auto", show_default=True,
                           help="Who runs the guest's instructions; auto tries KVM for real.")
OUT = click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
                   required=True, help="The folder to write; replaced as a whole.")


def drawn_progress() -> Drawn:
    """Steps and lines as they come, drawn where stderr is a terminal."""
    from imagegen.report.progress import drawn

    return drawn()
