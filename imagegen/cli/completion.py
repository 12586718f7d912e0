"""The verb `completion`."""

from __future__ import annotations

import click

VARIABLE = "_IMAGEGEN_COMPLETE"
# click's script for fish cuts each description at its first comma
_FISH_SPLIT = ('string split "," $completion', 'string split --max 1 "," $completion')


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes SHELL complete verbs, options, values and files of imagegen.

    \b
    imagegen completion bash > ~/.local/share/bash-completion/completions/imagegen
    imagegen completion zsh > ~/.zfunc/_imagegen
    imagegen completion fish > ~/.config/fish/completions/imagegen.fish
    """
    from click.shell_completion import get_completion_class

    from imagegen.cli.group import cli

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, "imagegen", VARIABLE).source()
    click.echo(script.replace(*_FISH_SPLIT) if shell == "fish" else script)
