"""The command line read by hand: argparse costs an emulated node as long as judging the table."""

from __future__ import annotations

from .model import LEVELS, InputProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE = """\
usage: ipvs-check run [option …]     judge the node and say how it is
       ipvs-check compile            unpack and compile the archive beside itself
       ipvs-check --help | --version

options of run:
  --level LEVEL        bake, kernel or table; default: node.json's level, else table
  --expectations FILE  default: /usr/lib/imagegen/expectations.json
  --node FILE          default: /etc/imagegen/node.json, where it is there
  --output FILE        default: /run/imagegen/verdict.json
  --root FOLDER        judge the files under another root
  --json               print the verdict's JSON, not a table
  --no-wait            take one look, wait for nothing

exit codes: 0 green, 1 red, 2 wrong input, 3 a tool failed
"""
VERBS = ("run", "compile", "--help", "--version")
VALUES = ("--level", "--expectations", "--node", "--output", "--root")
SWITCHES = ("--json", "--no-wait")


class Options:
    """What was asked for; None where an option was not given."""

    __slots__ = ("as_json", "expectations", "level", "no_wait", "node", "output", "root", "verb")

    def __init__(self, verb: str, values: dict[str, str], switches: set[str]) -> None:
        self.verb = verb
        self.level, self.node = values.get("--level"), values.get("--node")
        self.expectations, self.output = values.get("--expectations"), values.get("--output")
        self.root = values.get("--root", "/").rstrip("/")
        self.as_json, self.no_wait = "--json" in switches, "--no-wait" in switches


def options(arguments: list[str]) -> Options:
    """Read `sys.argv[1:]`. Raises InputProblem."""
    if not arguments or arguments[0] not in VERBS:
        raise InputProblem(f"the first word must be one of {', '.join(VERBS)}")
    values: dict[str, str] = {}
    switches: set[str] = set()
    rest = iter(arguments[1:] if arguments[0] == "run" else ())
    for word in rest:
        name, equals, value = word.partition("=")
        if word in SWITCHES:
            switches.add(word)
        elif name in VALUES:
            values[name] = value if equals else _next(rest, name)
        else:
            raise InputProblem(f"{word} is not an option; see --help")
    if values.get("--level", LEVELS[0]) not in LEVELS:
        raise InputProblem(f"--level must be one of {', '.join(LEVELS)}")
    return Options(arguments[0], values, switches)


def _next(rest: Iterator[str], name: str) -> str:
    value = next(rest, None)
    if value is None:
        raise InputProblem(f"{name} needs a value")
    return value
