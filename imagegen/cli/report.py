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
def report(verdicts: tuple[Path, ...], out: Path) -> None:
    """Write verdicts of one node or of a fleet as one HTML page.

    VERDICT is the verdict.json of a node, a file of JSON lines as `imagegen verify --json` prints
    them, a folder of such files, or - for standard input. The page needs no network and no other
    file: red first, with filter and search, each node's boot and IPVS table, and what differs
    between nodes.

    What is no verdict is told with its line and column, and stands in the page as not read. Exit
    codes: 0 written, whatever the verdicts say, 2 some input is no verdict (the page of the others
    is written), or all are none (nothing is written).

    \b
    imagegen report verdict.json -o report.html          one node
    imagegen report fleet/ -o report.html                a folder of verdicts
    imagegen report - -o report.html                     JSON lines on standard input
    """
    from imagegen.common.errors import InputError, InputErrors
    from imagegen.common.files import write_atomic
    from imagegen.report.html import html_page
    from imagegen.report.html_read import read_all

    if out in verdicts and str(out) != "-":
        raise InputError(f"{out} is read; the page would take its place", hint="give another -o")
    page = html_page(read_all(verdicts, sys.stdin.buffer))
    errors = [error for unread in page.unread for error in unread.errors]
    if not page.nodes:
        raise InputErrors(errors)
    if str(out) == "-":
        click.echo(page.data, nl=False)
    else:
        write_atomic(out, page.data)
        click.echo(f"{out}: {counted(page.nodes, 'verdict')}, {page.red} red")
    if errors:
        raise InputErrors(errors)
