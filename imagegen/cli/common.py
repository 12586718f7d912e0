"""What several verbs take and show."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from imagegen.profile.model import Profile
    from imagegen.profile.problem import Finding
    from imagegen.report.progress import Drawn

PROFILE = click.argument("profile", type=click.Path(path_type=Path), metavar="PROFILE")
ACCELERATOR = click.option("--accelerator", type=click.Choice(["auto", "kvm", "tcg"]),
                           default="auto", show_default=True,
                           help="Who runs the guest's instructions; auto tries KVM for real.")
OUT = click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="DIR",
                   required=True, help="The folder to write, at once or not at all; - writes a "
                   "tar to standard output.")
STRICT = click.option("--strict", is_flag=True, help="Take the profile's warnings for errors.")


def loaded(path: Path, *, strict: bool) -> Profile:
    """The profile in a file, its warnings on stderr. Raises InputError(s) where it has errors."""
    from imagegen.profile.check import check_file

    checked = check_file(path)
    checked = checked.strict() if strict else checked
    profile = checked.sound()
    say_warnings(checked.warnings)
    return profile


def say_warnings(warnings: Iterable[Finding]) -> None:
    """Warnings on stderr, with an empty line after each."""
    from imagegen.report.words import finding_words, look

    how = look(sys.stderr)
    for warning in warnings:
        click.echo(f"{finding_words(warning, how)}\n", err=True, color=how.colour)


def width() -> int:
    """The columns for pages: the terminal's within reason, 80 in a pipe."""
    from imagegen.report.terminal import columns

    return columns(sys.stdout)


def say(text: str) -> None:
    """A remark beside the verb's result, which goes to standard output."""
    from imagegen.common.columns import wrapped
    from imagegen.report.words import look

    click.echo(wrapped(text, look(sys.stderr).columns), err=True)


def drawn_progress() -> Drawn:
    """Steps and lines as they come, drawn where stderr is a terminal."""
    from imagegen.report.progress import drawn

    return drawn()
