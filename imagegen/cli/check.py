"""The verb `check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imagegen.cli.common import STRICT


@click.command()
@click.argument("profiles", nargs=-1, required=True, metavar="PROFILE...",
                type=click.Path(path_type=Path, allow_dash=True, readable=False))
@click.option("--format", "shape", type=click.Choice(["text", "json", "sarif", "github"]),
              default="text", show_default=True,
              help="For a person, a program, a code scanner or GitHub's pull requests.")
@STRICT
def check(profiles: tuple[Path, ...], shape: str, strict: bool) -> None:
    """Say all that is wrong with each PROFILE, where, and what to do.

    `-` reads one from standard input. Errors end with exit code 2, warnings only with --strict;
    `imagegen explain RULE` shows the page of a rule, the word in brackets.

    \b
    imagegen check edge.yaml core.yaml
    imagegen check --format github --strict edge.yaml
    """
    from imagegen.profile.check import check_file
    from imagegen.render.refusals import with_refusals
    from imagegen.report.problems import Report, Shape, shaped
    from imagegen.report.words import look

    checked = {_name(path): with_refusals(check_file(path)) for path in profiles}
    report = Report({name: each.strict() if strict else each for name, each in checked.items()})
    how = look(sys.stdout)
    click.echo(shaped(report, Shape(shape), how), nl=False, color=how.colour)
    if any(each.errors for each in report.checked.values()):
        raise click.exceptions.Exit(2)


def _name(path: Path) -> str:
    return "<stdin>" if str(path) == "-" else str(path)
