"""The group of all verbs, for click."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from imagegen import __version__
from imagegen.cli import HELP, VERBS, help_of_all


class ReaderGone(Exception):
    """Who read our output has seen enough, as `head` has; click would end with 1."""


@contextmanager
def _told_when_the_reader_is_gone() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGone from error


def _shared() -> list[click.Parameter]:
    """What every verb takes, and the group before it."""
    return [click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, callback=_verbose,
                         help="Say on stderr what is read, which file wins, and what is run."),
            click.Option(["--no-color"], is_flag=True, expose_value=False, callback=_no_color,
                         help="No colours, as with NO_COLOR in the environment.")]


def _verbose(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    from imagegen.common import verbose

    if value and not verbose.heard():
        verbose.listen()
        ctx.find_root().call_on_close(lambda: verbose.listen(on=False))
        here = Path(__file__).resolve().parent.parent
        verbose.note(f"imagegen {__version__} in {here}, Python {sys.version.split()[0]}")


def _no_color(_: click.Context, __: click.Parameter, value: bool) -> None:
    if value:
        # the one place that our own words and rich's progress both look at
        os.environ["NO_COLOR"] = "1"


class _Help(click.HelpFormatter):
    """click's, which leaves the options' words ten columns of a narrow terminal."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30,
                 col_spacing: int = 2) -> None:
        """Words that would be squeezed go under the option that they are of."""
        super().write_dl(rows, col_max if self.width >= 64 else 6, col_spacing)


class _Context(click.Context):
    formatter_class = _Help


class Verbs(click.Group):
    """A group whose help costs no verb's imports."""

    context_class = _Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is the order of use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb itself, imported now."""
        if cmd_name not in VERBS:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"imagegen.cli.{VERBS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        if "verbose" not in [parameter.name for parameter in command.params]:
            command.params += _shared()
            command.context_class = _Context
        return command

    def get_help(self, ctx: click.Context) -> str:
        """The table's, which needs no click."""
        return help_of_all(ctx.terminal_width or 80)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:  # noqa: ANN401
        """As wide as a page; --version is answered here."""
        from imagegen.report.terminal import columns

        with _told_when_the_reader_is_gone():
            return super().make_context(*args, terminal_width=columns(sys.stdout), **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """The verb."""
        with _told_when_the_reader_is_gone():
            return super().invoke(ctx)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:  # noqa: ANN401
        """click's own, with a guess at what was meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], VERBS, 1)
            more = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"{error.message.rstrip('.')}.{more}", ctx) from None


@click.group(cls=Verbs, params=_shared(), context_settings={"help_option_names": list(HELP)})
@click.version_option(__version__, "-V", "--version", message="imagegen %(version)s")
def cli() -> None:
    """One cluster profile in, node images out that boot in IPVS mode and prove it."""
