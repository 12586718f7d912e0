"""The verb `init`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imagegen.cli.common import say

if TYPE_CHECKING:
    from imagegen.pages.starter import Question


@click.command()
@click.option("--name", help="The first part of the image's name.")
@click.option("--distribution", help="The node's distribution.")
@click.option("--release", help="The distribution's release.")
@click.option("--kubernetes", metavar="VERSION", help="kube-proxy's version, such as 1.34.4.")
@click.option("--service-cidr", metavar="RANGE", help="The cluster's service range.")
@click.option("--pod-cidr", metavar="RANGE", help="The cluster's pod range.")
@click.option("--api-server", "api_servers", multiple=True, metavar="ADDRESS:PORT",
              help="An API server's own address; may be given several times.")
@click.option("--scheduler", help="How IPVS picks a real server.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing; what is not given is the default.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path, allow_dash=True),
              metavar="FILE", help="The file to write, or - for standard output.  [NAME.yaml]")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(yes: bool, out: Path | None, force: bool, **flags: Any) -> None:  # noqa: ANN401
    """Write a commented profile to start from, asking for what it needs to know.

    It asks on a terminal, for what no option says; elsewhere the defaults are taken. The profile
    passes `imagegen check`.

    \b
    imagegen init
    imagegen init --yes --name edge --kubernetes 1.34.4 --service-cidr 10.254.0.0/16 -o edge.yaml
    """
    from imagegen.common.files import write_atomic
    from imagegen.pages.starter import starter

    _is_free(out, force)
    answers = _answers(flags, asks=not yes and sys.stdin.isatty() and sys.stderr.isatty())
    text = starter(answers)
    if str(out) == "-":
        click.echo(text, nl=False)
        return
    path = out or Path(f"{answers.get('metadata.name', _usual_name())}.yaml")
    _is_free(path, force)
    write_atomic(path, text.encode())
    click.echo(f"{path}: now `imagegen check {path}`; `imagegen explain` lists what else there is")


# option -> field
_FIELDS = {"name": "metadata.name", "distribution": "os.distribution", "release": "os.release",
           "kubernetes": "kubeProxy.version", "service_cidr": "cluster.serviceCIDR",
           "pod_cidr": "cluster.podCIDR", "api_servers": "cluster.apiServers",
           "scheduler": "kubeProxy.config.ipvs.scheduler"}


def _usual_name() -> str:
    from imagegen.pages.starter import questions

    return next(str(each.usual) for each in questions() if each.path == "metadata.name")


def _is_free(path: Path | None, force: bool) -> None:
    from imagegen.common.errors import InputError

    if path is not None and str(path) != "-" and path.exists() and not force:
        raise InputError(f"{path} is already there",
                         hint="--force replaces it, -o names another file")


def _answers(flags: dict[str, Any], *, asks: bool) -> dict[str, Any]:
    from imagegen.pages.starter import questions

    given = {_FIELDS[flag]: list(value) if isinstance(value, tuple) else value
             for flag, value in flags.items() if value}
    for question in questions() if asks else ():
        if question.path not in given:
            given[question.path] = _asked(question, given)
    return given


def _asked(question: Question, given: dict[str, Any]) -> Any:  # noqa: ANN401
    """An answer that fits what was answered before; whatever does not is asked for again."""
    from imagegen.pages.starter import faults
    from imagegen.pages.starter import usual as usual_beside

    say(f"\n{question.words}")
    if len(question.choices) > 1:
        say(f"Choices: {', '.join(question.choices)}")
    several = isinstance(question.usual, list)
    before = {fault.what for fault in faults(given)}
    while True:
        words = question.path + (" (several with a blank between)" if several else "")
        usual = " ".join(question.usual) if several else usual_beside(question.path, given)
        text = str(click.prompt(words, default=usual, err=True, show_default=bool(usual))).strip()
        answer = text.replace(",", " ").split() if several else text
        wrong = [each for each in faults({**given, question.path: answer})
                 if each.what not in before]
        if not wrong:
            return answer
        say("\n".join(map(str, wrong)))
