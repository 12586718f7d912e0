"""The verb `completion`."""

from __future__ import annotations

import click

VARIABLE = "_IMAGEGEN_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes SHELL complete verbs, options and files of imagegen.

    \b
    imagegen completion bash > ~/.local/share/bash-completion/completions/imagegen
    imagegen completion zsh > ~/.zfunc/_imagegen
    imagegen completion fish > ~/.config/fish/completions/imagegen.fish
    """
    from click.shell_completion import get_completion_class

    from imagegen.cli.group import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "imagegen", VARIABLE).source())
