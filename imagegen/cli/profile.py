"""The verb `profile`."""

from __future__ import annotations

import click


def _complete_names(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    from imagegen.pages.shipped import profile_names

    return [name for name in profile_names() if name.startswith(begun)]


@click.command()
@click.argument("name", metavar="[NAME]", required=False, shell_complete=_complete_names)
def profile(name: str | None) -> None:
    """List the profiles that come with imagegen, or print one of them.

    \b
    imagegen profile                                 their names, with what each is for
    imagegen profile quickstart > quickstart.yaml    one to start from
    """
    from imagegen.cli.common import width
    from imagegen.pages.shipped import profile_text, profiles_overview

    click.echo(profile_text(name) if name else profiles_overview(width()), nl=False)
