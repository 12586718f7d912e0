"""The verb `init`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imagegen.cli.common import say
from imagegen.cli.complete import complete_field

if TYPE_CHECKING:
    from imagegen.common.errors import InputError
    from imagegen.pages.starter import Question

# typed instead of an answer; no field's value holds it
BACK = "<"


@click.command()
@click.option("--name", help="The first part of the image's name.")
@click.option("--distribution", shell_complete=complete_field("os.distribution"),
              help="The node's distribution.")
@click.option("--release", shell_complete=complete_field("os.release"),
              help="The distribution's release; without it, the newest, and of Debian "
              "12.")
@click.option("--base-image", "base", metavar="PATH|URL",
              help="A base image of your own. Needed for a distribution of which imagegen makes "
              "none; without it a place is left to fill in.")
@click.option("--base-sha256", metavar="HEX",
              help="That image's sha256. It is worked out for a file that is there.")
@click.option("--kubernetes", metavar="VERSION",
              shell_complete=complete_field("kubeProxy.version"),
              help="kube-proxy's version, such as 1.34.4.")
@click.option("--kube-proxy-url", metavar="URL",
              help="Where the kube-proxy program is fetched from, instead of being compiled. For "
              "Flatcar it is Kubernetes' own download where nothing is given.")
@click.option("--kube-proxy-sha256", metavar="HEX",
              help="The program's sha256; without it a place is left to fill in.")
@click.option("--service-cidr", metavar="RANGE", help="The cluster's service range.")
@click.option("--pod-cidr", metavar="RANGE", help="The cluster's pod range.")
@click.option("--api-server", "api_servers", multiple=True, metavar="ADDRESS:PORT",
              help="An API server's own address; may be given several times.")
@click.option("--scheduler", shell_complete=complete_field("kubeProxy.config.ipvs.scheduler"),
              help="How IPVS picks a real server.")
@click.option("--python", metavar="PATH",
              help="The node's Python for the check, where the distribution has none (Flatcar).")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing; what is not given is the default.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path, allow_dash=True),
              metavar="FILE", help="The file to write, or - for standard output.  [NAME.yaml]")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(yes: bool, out: Path | None, force: bool, **flags: Any) -> None:  # noqa: ANN401
    """Write a commented profile to start from, asking for what it needs to know.

    It asks on a terminal, for what no option says; elsewhere the defaults are taken. The profile
    passes `imagegen check`, but for the sha256 of a file that you name later: 64 zeros stand there.

    \b
    imagegen init
    imagegen init --yes --name edge --kubernetes 1.34.4 --service-cidr 10.254.0.0/16 -o edge.yaml
    imagegen init --yes --distribution rocky --base-image Rocky-10-GenericCloud.qcow2
    """
    from imagegen.common.files import write_atomic
    from imagegen.pages.starter import starter, unfilled

    asks = not yes and sys.stdin.isatty() and sys.stderr.isatty()
    _require_free(_target(out, flags["name"]), force)
    answers = _given(flags, asks=asks)
    # whatever is wrong with an option is said before the first question
    text = starter(answers)
    if asks:
        answers = _asked(answers, out, force=force)
        text = starter(answers)
    path = _target(out, answers.get("metadata.name", _usual_name()))
    if path is None:
        click.echo(text, nl=False)
    else:
        _require_free(path, force)
        write_atomic(path, text.encode())
        click.echo(f"{path}: now `imagegen check {path}`; `imagegen explain` lists what else there "
                   "is")
    for field in unfilled(answers):
        say(f"note: {field} is left to fill in: `imagegen check` refuses its 64 zeros")


# option -> field; the base image is not here, since its option may name a file to be read
_FIELDS = {"name": "metadata.name", "distribution": "os.distribution", "release": "os.release",
           "kubernetes": "kubeProxy.version", "service_cidr": "cluster.serviceCIDR",
           "pod_cidr": "cluster.podCIDR", "api_servers": "cluster.apiServers",
           "scheduler": "kubeProxy.config.ipvs.scheduler", "python": "check.python",
           "kube_proxy_url": "kubeProxy.binary.url",
           "kube_proxy_sha256": "kubeProxy.binary.sha256"}


def _usual_name() -> str:
    from imagegen.pages.starter import usual

    return str(usual("metadata.name", {}))


def _target(out: Path | None, name: str | None) -> Path | None:
    """The file to write; None for standard output, and where its name is not known yet."""
    if out is None:
        return Path(f"{name}.yaml") if name else None
    return None if str(out) == "-" else out


def _require_free(path: Path | None, force: bool) -> None:
    from imagegen.common.errors import InputError
    from imagegen.common.files import require_writable

    if path is None:
        return
    if path.is_dir():
        raise InputError(f"{path} is a folder", hint="name a file with -o")
    if path.exists() and not force:
        raise InputError(f"{path} is already there",
                         hint="--force replaces it, -o names another file")
    require_writable(path.parent)


def _given(flags: dict[str, Any], *, asks: bool) -> dict[str, Any]:
    """What the options say. Raises InputError where they do not go together."""
    from imagegen.common.errors import InputError
    from imagegen.pages.starter import BASE_SHA256, next_question

    given = {field: list(flags[flag]) if isinstance(flags[flag], tuple) else flags[flag]
             for flag, field in _FIELDS.items() if flags[flag]}
    base, sha256 = flags["base"], flags["base_sha256"]
    if base:
        given |= _base_image(base, sha256)
    elif sha256:
        raise InputError("--base-sha256 is of no use without --base-image",
                         hint="name the image with --base-image PATH or URL")
    if "os.release" in given and "os.distribution" not in given and not asks:
        question = next_question({"metadata.name": "", "os.release": given["os.release"]})
        if question is not None and given["os.release"] and 1 < len(question.choices) < 7:
            raise InputError(f"several distributions have a release {given['os.release']}: "
                             f"{', '.join(question.choices)}", hint="add --distribution")
    return given | ({BASE_SHA256: sha256} if base and sha256 else {})


def _base_image(base: str, sha256: str | None) -> dict[str, Any]:
    """A URL as it is; a file by its full path, with its digest.

    Raises InputError where neither the file nor its sha256 is there, and where they differ.
    """
    from imagegen.common.errors import InputError
    from imagegen.common.files import sha256_file
    from imagegen.pages.starter import BASE, BASE_SHA256

    if "://" in base:
        return {BASE: base}
    path = Path(base).expanduser().absolute()
    if path.is_dir():
        raise InputError(f"{base} is a folder, and no image", hint="name the image's file")
    if not path.exists():
        if sha256:
            return {BASE: str(path), BASE_SHA256: sha256}
        raise InputError(f"{base} is not there, so its sha256 cannot be worked out",
                         hint="name a file that is there or a URL, or give --base-sha256 as well")
    say(f"working out the sha256 of {path}")
    try:
        found = sha256_file(path)
    except OSError as error:
        raise InputError(f"cannot read {base}: {error.strerror}") from None
    if sha256 and sha256.lower() != found:
        raise InputError(f"{base} is not the image of --base-sha256: its sha256 is {found}",
                         hint="correct one of the two")
    return {BASE: str(path), BASE_SHA256: found}


def _asked(given: dict[str, Any], out: Path | None, *, force: bool) -> dict[str, Any]:
    """The answers to all that is not given; `<` goes back to the question before."""
    from imagegen.pages.starter import next_question

    answers, steps = dict(given), list[dict[str, Any]]()
    say(f"Enter takes what stands in brackets; {BACK} goes back to the question before.")
    while (question := next_question(answers)) is not None:
        found = _answer(question, answers, out, force=force)
        if found is not None:
            steps.append(answers)
            answers = answers | found
        elif steps:
            answers = steps.pop()
    return answers


def _answer(question: Question, given: dict[str, Any], out: Path | None, *,
            force: bool) -> dict[str, Any] | None:
    """What is answered, once it fits what was answered before; None to go back."""
    from imagegen.common.errors import InputError

    say(f"\n{question.words}")
    if len(question.choices) > 1:
        say(f"Choices: {', '.join(question.choices)}")
    several = isinstance(question.usual, list)
    words = question.path + (" (several with a blank between)" if several else "")
    usual = " ".join(question.usual) if several else question.usual
    while True:
        text = str(click.prompt(words, default=usual, err=True, show_default=bool(usual))).strip()
        if text == BACK:
            return None
        try:
            found = _taken(question.path, text.replace(",", " ").split() if several else text)
            wrong = _faults_of(found, given)
            if question.path == "metadata.name" and not wrong:
                _require_free(_target(out, text), force)
        except InputError as error:
            wrong = [error]
        if not wrong:
            return found
        say("\n".join(map(str, wrong)))


def _taken(path: str, answer: Any) -> dict[str, Any]:  # noqa: ANN401
    """The fields that an answer sets. Raises InputError for a file that is not there."""
    from imagegen.pages.starter import BASE

    return _base_image(answer, None) if path == BASE and answer else {path: answer}


def _faults_of(found: dict[str, Any], given: dict[str, Any]) -> list[InputError]:
    """What an answer makes wrong that was right before it."""
    from imagegen.pages.starter import faults

    before = {fault.what for fault in faults(given)}
    return [fault for fault in faults({**given, **found}) if fault.what not in before]
