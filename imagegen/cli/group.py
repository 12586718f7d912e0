"""The group of all verbs, for click."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from imagegen import __version__
from imagegen.cli import HELP, VERBS, help_of_all
from imagegen.common.errors import ExitCode


class Verbs(click.Group):
    """A group whose help costs no verb's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is the order of use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb itself, imported now."""
        if cmd_name not in VERBS:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"imagegen.cli.{VERBS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def get_help(self, ctx: click.Context) -> str:
        """The table's, which needs no click."""
        return help_of_all()

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """The verb. A reader that has seen enough, as `head` has, ends it without a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(ExitCode.PIPE_CLOSED) from None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:  # noqa: ANN401
        """click's own, with a guess at what was meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], VERBS, 1)
            more = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"{error.message.rstrip('.')}.{more}", ctx) from None


@click.group(cls=Verbs, context_settings={"help_option_names": list(HELP),
                                          "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="imagegen %(version)s")
def cli() -> None:
    """One cluster profile in, node images out that boot in IPVS mode and prove it."""
