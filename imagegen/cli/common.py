"""What several verbs take and show."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from imagegen.profile.model import Profile
    from imagegen.report.progress import Drawn

PROFILE = click.argument("profile", type=click.Path(path_type=Path), metavar="PROFILE")
ACCELERATOR = click.option("--accelerator", type=click.Choice(["auto", "kvm", "tcg"]),
                           default="auto", show_default=True,
                           help="Who runs the guest's instructions; auto tries KVM for real.")
OUT = click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
                   required=True, help="The folder to write; replaced as a whole.")
STRICT = click.option("--strict", is_flag=True, help="Take the profile's warnings for errors.")


def loaded(path: Path, *, strict: bool) -> Profile:
    """The profile in a file, its warnings on stderr. Raises InputError(s) where it has errors."""
    from imagegen.profile.check import check_file

    checked = check_file(path)
    checked = checked.strict() if strict else checked
    profile = checked.sound()
    for warning in checked.warnings:
        click.echo(f"{warning}\n", err=True)
    return profile


def on_terminal(stream: TextIO) -> bool:
    """Whether colours will be seen as colours (https://no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and stream.isatty()


def width() -> int:
    """The columns for text: the terminal's within reason, 80 in a pipe."""
    return min(100, max(40, shutil.get_terminal_size((80, 24)).columns))


def drawn_progress() -> Drawn:
    """Steps and lines as they come, drawn where stderr is a terminal."""
    from imagegen.report.progress import drawn

    return drawn()
