"""The command line read by hand: argparse costs an emulated node as long as judging the table."""

from __future__ import annotations

from .model import LEVELS, InputProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE = """\
usage: ipvs-check run [option …]              judge the node and say how it is
       ipvs-check show [VERDICT] [option …]   say again what a verdict says, without judging
       ipvs-check explain [RULE]              what a rule reads, why, and how to mend; all rules
       ipvs-check gate --timeout SECONDS      wait until the node is green; 1: the time is over
       ipvs-check compile                     unpack and compile the archive beside itself
       ipvs-check --help | --version         VERB --help says the same

options of run and show:
  --format FORMAT      text (a table), documentation (everything), json, junit, tap, nagios,
                       prometheus, npd (Node Problem Detector); default: text
  --json               the same as --format json
options of run:
  --level LEVEL        bake, kernel or table: look at the guest that builds the image, at
                       a booted node, at a node in its cluster; default: node.json's
                       level, else table
  --expectations FILE  default: /usr/lib/imagegen/expectations.json
  --node FILE          default: /etc/imagegen/node.json, where it is there
  --output FILE        where the verdict is kept; default: /run/imagegen/verdict.json
  --root FOLDER        judge the files under another root
  --no-wait            take one look, wait for nothing
options of show (VERDICT is /run/imagegen/verdict.json unless it is given, - is standard input):
  --output FILE        write there, the whole or nothing, not to standard output
  --max-age SECONDS    an older verdict is none

exit codes: 0 green, 1 red, 2 wrong input, 3 a tool failed
with --format nagios: 0 OK, 1 warning, 2 critical (red), 3 unknown
with --format npd: 0 green, 1 red, 2 unknown
"""
FORMATS = ("text", "documentation", "json", "junit", "tap", "nagios", "prometheus", "npd")
HELP = {"--help", "-h"}
COMMON = ("--format",), ("--json",)
# by verb: options with a value, switches, and how many words beside them
VERBS = {
    "run": (("--level", "--expectations", "--node", "--output", "--root", *COMMON[0]),
            ("--no-wait", *COMMON[1]), 0),
    "show": (("--output", "--max-age", *COMMON[0]), COMMON[1], 1),
    "explain": ((), (), 1),
    "gate": (("--timeout", "--root"), (), 0),
    "compile": ((), (), 0),
    "--help": ((), (), 9),
    "--version": ((), (), 9),
}


class Options:
    """What was asked for; None where an option was not given, `word` beside the options."""

    __slots__ = ("expectations", "format", "level", "max_age", "no_wait", "node", "output", "root",
                 "timeout", "verb", "word")

    def __init__(self, verb: str, values: dict[str, str], switches: set[str], word: str) -> None:
        self.verb, self.word = verb, word
        self.level, self.node = values.get("--level"), values.get("--node")
        self.expectations, self.output = values.get("--expectations"), values.get("--output")
        self.root = values.get("--root", "/").rstrip("/")
        self.format = values.get("--format", "json" if "--json" in switches else "text")
        self.max_age = _seconds(values, "--max-age")
        self.timeout = _seconds(values, "--timeout")
        self.no_wait = "--no-wait" in switches


def options(arguments: list[str]) -> Options:
    """Read `sys.argv[1:]`. Raises InputProblem."""
    if arguments[:1] in (["help"], ["-h"]):
        return Options("--help", {}, set(), "")
    if not arguments or arguments[0] not in VERBS:
        raise InputProblem(f"the first word must be one of {', '.join(VERBS)}")
    if HELP.intersection(arguments[1:]):
        return Options("--help", {}, set(), "")
    taking, switching, room = VERBS[arguments[0]]
    values: dict[str, str] = {}
    switches: set[str] = set()
    words: list[str] = []
    rest = iter(arguments[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if word in switching:
            switches.add(word)
        elif name in taking:
            values[name] = value if equals else _next(rest, name)
        elif len(words) < room and (word == "-" or not word.startswith("-") or room == 9):
            words.append(word)
        else:
            raise InputProblem(f"{word} is not an option of {arguments[0]}; see --help")
    if values.get("--level", LEVELS[0]) not in LEVELS:
        raise InputProblem(f"--level must be one of {', '.join(LEVELS)}")
    if values.get("--format", FORMATS[0]) not in FORMATS:
        raise InputProblem(f"--format must be one of {', '.join(FORMATS)}")
    return Options(arguments[0], values, switches, words[0] if words else "")


def _next(rest: Iterator[str], name: str) -> str:
    value = next(rest, None)
    if value is None:
        raise InputProblem(f"{name} needs a value")
    return value


def _seconds(values: dict[str, str], name: str) -> float | None:
    text = values.get(name)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e12:
        raise InputProblem(f"{name} must be a number of seconds, not {text}")
    return seconds
