"""One function a verb, each a few lines; a verb's module is imported when the verb is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from imagegen import __version__

# verb -> its module in this folder, and its line in `imagegen --help`
VERBS = {
    "render": ("render", "Write all files of PROFILE: no tool, no network, no root."),
    "build": ("build", "Bake PROFILE into a sealed qcow2 with its sha256 and manifest."),
    "verify": ("verify", "Boot the sealed IMAGE on a throwaway overlay and hear its verdict."),
    "seed": ("verify", "Write the seed of one node: what is its own, not the image's."),
    "base": ("build", "Make the base image of PROFILE from a package mirror."),
    "inputs": ("build", "Bring what `packer build .` needs beside the rendered packer/ folder."),
    "kubernetes": ("build", "Build kube-proxy and kube-apiserver of PROFILE's version."),
}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table's lines."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:  # noqa: ANN401
        """click's own, with a guess at what was meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], VERBS, 1)
            more = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"{error.message.rstrip('.')}.{more}", ctx) from None


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"],
                                          "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="imagegen %(version)s")
def cli() -> None:
    """One cluster profile in, node images out that boot in IPVS mode and prove it.

    \b
    imagegen render profiles/quickstart.yaml -o out    every file, to read and to keep
    imagegen build profiles/quickstart.yaml -o images  a sealed image (minutes)
    imagegen verify images/quickstart-….qcow2          boots it and hears its verdict

    Exit codes: 0 good, 1 the node or image is not healthy, 2 the input is wrong, 3 a tool is
    missing or failed, 130 interrupted.
    """
