"""The verb `schema`."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a profile, for editors.

    It carries every field's description and example. An editor with the YAML language server reads
    it where a profile begins with a line such as the one below; the file is in the repository, too.

    \b
    imagegen schema > imagegen.schema.json
    # yaml-language-server: $schema=imagegen.schema.json
    """
    from imagegen.pages.schema import schema_text

    click.echo(schema_text(), nl=False)
