"""The verb `diff`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imagegen.cli.common import say_warnings


@click.command()
@click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
@click.argument("new", type=click.Path(path_type=Path), metavar="NEW")
@click.option("--files", is_flag=True,
              help="Show the files' contents as unified diffs, where both sides hold them.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="For a person, or one JSON object.")
def diff(old: Path, new: Path, files: bool, form: str) -> None:
    """Say what changes on a node from OLD to NEW, fact by fact.

    Each side is a profile, a folder that `render` wrote, an image or its .manifest.json, or a
    verdict (verdict.json of a node, or a line of `imagegen verify --json`); what it is is read from
    its content. `-` is standard input. Two verdicts show the facts that were judged otherwise, red
    first; a verdict beside anything else shows which promises were not kept.

    Changes are grouped by what brings them to a node: a new image, or only a new seed and a boot.
    What `check` warns of in either profile is said on stderr, and in the JSON.

    \b
    imagegen diff old.yaml new.yaml                 before a build
    imagegen diff --files old.yaml new.yaml         the same, with the lines of each file
    imagegen diff images/a.qcow2 new.yaml           what an image lacks
    imagegen diff monday.json tuesday.json          two verdicts of a node

    Exit codes, as diff(1) has them: 0 no difference, 1 some, 2 the input is wrong.
    """
    from imagegen.common.errors import InputError
    from imagegen.diff.compare import compare
    from imagegen.diff.sides import read_side
    from imagegen.diff.text import comparison_json, comparison_text
    from imagegen.report.words import look

    if str(old) == str(new) == "-":
        raise InputError("standard input can be read once, and both sides are `-`",
                         hint="name a file for one side")
    comparison = compare(read_side(old), read_side(new), files=files)
    if form == "text":
        say_warnings(comparison.warnings)
    written = (comparison_json(comparison) + "\n" if form == "json" else
               comparison_text(comparison, look(sys.stdout).columns))
    click.echo(written, nl=False)
    raise click.exceptions.Exit(0 if comparison.same else 1)
