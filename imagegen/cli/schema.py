"""The verb `schema`."""

from __future__ import annotations

import click


@click.command()
@click.argument("what", type=click.Choice(["profile", "verdict"]), default="profile",
                metavar="[profile|verdict]")
def schema(what: str) -> None:
    """Print the JSON Schema of a profile, for editors, or of a verdict.

    A profile's carries every field's description and example. An editor with the YAML language
    server reads it where a profile begins with a line such as the one below. Both are files of the
    repository, too.

    \b
    imagegen schema > imagegen.schema.json
    # yaml-language-server: $schema=imagegen.schema.json
    imagegen schema verdict > verdict.schema.json
    """
    from imagegen.pages.schema import schema_text
    from imagegen.report import verdict_schema

    click.echo(verdict_schema.schema_text() if what == "verdict" else schema_text(), nl=False)
