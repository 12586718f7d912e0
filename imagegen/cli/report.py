"""The verb `report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imagegen.node.words import counted


@click.command()
@click.argument("verdicts", nargs=-1, required=True, metavar="VERDICT...",
                type=click.Path(path_type=Path, allow_dash=True))
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE",
              required=True, help="The HTML page to write; - is standard output.")
@click.option("--title", default="", metavar="TEXT",
              help="The page's title, such as the fleet's name; the profile's name without it.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def report(verdicts: tuple[Path, ...], out: Path, title: str, force: bool) -> None:
    """Write verdicts of one node or of a fleet as one HTML page.

    VERDICT is the verdict.json of a node, a file of JSON lines as `imagegen verify --json` prints
    them, a folder of such files, or - for standard input. A verdict that is given twice counts
    once.

    The page needs no network and no other file. It shows why nodes are red, how old the verdicts
    are, each node with its boot and its IPVS table, and what differs between nodes. Its address
    keeps the filter. Without scripts it shows the causes and the nodes.

    What is no verdict is told with its line and column, and stands in the page as not read. Exit
    codes: 0 written, whatever the verdicts say, 2 some input is no verdict (the page of the others
    is written), or all are none (nothing is written).

    \b
    imagegen report verdict.json -o report.html          one node
    imagegen report fleet/ -o report.html --force        a folder of verdicts, in place of a page
    imagegen report - -o report.html                     JSON lines on standard input
    """
    from imagegen.common.errors import InputErrors
    from imagegen.common.files import write_atomic
    from imagegen.report.html import html_page
    from imagegen.report.html_read import read_all

    _can_be_written(out, verdicts, force)
    page = html_page(read_all(verdicts, sys.stdin.buffer), title)
    errors = [error for unread in page.unread for error in unread.errors]
    if not page.nodes:
        raise InputErrors(errors)
    if str(out) == "-":
        click.echo(page.data, nl=False)
    else:
        write_atomic(out, page.data)
        again = f"; {page.repeated} given twice and counted once" if page.repeated else ""
        click.echo(f"{out}: {counted(page.nodes, 'verdict')}, {page.red} red{again}")
    if errors:
        raise InputErrors(errors)


def _can_be_written(out: Path, verdicts: tuple[Path, ...], force: bool) -> None:
    """Said before thousands of verdicts are read."""
    from imagegen.common.errors import InputError

    if str(out) == "-":
        return
    if out in verdicts:
        raise InputError(f"{out} is read; the page would take its place", hint="give another -o")
    if out.is_dir():
        raise InputError(f"{out} is a folder", hint=f"name a file in it: -o {out / 'report.html'}")
    if not out.parent.is_dir():
        raise InputError(f"the folder {out.parent} is not there",
                         hint=f"make it (`mkdir -p {out.parent}`), or give another -o")
    if out.exists() and not force:
        raise InputError(f"{out} is already there",
                         hint="--force replaces it, -o names another file")
