"""The verb `doctor`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imagegen.cli import VERBS


@click.command()
@click.argument("verbs", nargs=-1, metavar="[VERB...]", type=click.Choice(list(VERBS)))
@click.option("--profile", type=click.Path(path_type=Path), metavar="PROFILE",
              help="Leave out what this profile's own way does not need.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="For a person, or one JSON object.")
def doctor(verbs: tuple[str, ...], profile: Path | None, form: str) -> None:
    """Say what this machine lacks for VERB, and which package brings it.

    Without VERB, for every verb that runs other programs. KVM is tried for real; without it guests
    are emulated, which is a note and hinders nothing. Nothing is installed or changed.

    Exit codes: 0 nothing is missing, 3 something is.

    \b
    imagegen doctor
    imagegen doctor build
    imagegen doctor build --profile edge.yaml --format json
    """
    from imagegen.bake.doctor import examine
    from imagegen.common.errors import ExitCode
    from imagegen.knowledge.tools import VERB_NEEDS
    from imagegen.profile.load import load_profile
    from imagegen.report.doctor import examination_json, examination_text
    from imagegen.report.words import look

    wanted = load_profile(profile) if profile else None
    examination = examine(verbs or tuple(VERB_NEEDS), wanted)
    how = look(sys.stdout)
    text = (examination_json(examination) + "\n" if form == "json" else
            examination_text(examination, how))
    click.echo(text, nl=False, color=how.colour)
    raise click.exceptions.Exit(ExitCode.GOOD if examination.able else ExitCode.TOOL_FAILED)
