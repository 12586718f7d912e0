"""The check's command line: `run` judges the node, `compile` makes the next run start faster."""

from __future__ import annotations

import argparse
import os
import sys
import time

from .build import VERSION
from .expectations import (
    Expectations,
    NodeSettings,
    checked_level,
    expectations,
    node_settings,
)
from .host import Elsewhere, Host
from .model import LEVELS, TABLE, UNKNOWN, CannotTell, InputProblem
from .outputs import VERDICT, deliver
from .state import Node
from .verdict import GREEN, assembled, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXPECTATIONS = "/usr/lib/imagegen/expectations.json"
SETTINGS = "/etc/imagegen/node.json"
HEALTHY, UNHEALTHY, WRONG_INPUT, TOOL_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; the exit code is 0 green, 1 red, 2 wrong input, 3 a tool failed."""
    began = time.monotonic()
    options = parser().parse_args(arguments)
    try:
        return int(options.verb(options, began))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, CannotTell) as error:
        say(f"error: {error}")
        return TOOL_FAILED
    except Exception as error:
        say(f"error: the check itself failed: {type(error).__name__}: {error}")
        return TOOL_FAILED


def say(line: str) -> None:
    """A line of progress or trouble, for the journal."""
    sys.stderr.write(f"imagegen: {line}\n")
    sys.stderr.flush()


def parser() -> argparse.ArgumentParser:
    """The command line's form."""
    top = argparse.ArgumentParser(prog="ipvs-check", description="Is this node as it was promised?")
    top.add_argument("--version", action="version", version=VERSION)
    verbs = top.add_subparsers(required=True, metavar="VERB")
    run = verbs.add_parser("run", help="judge the node and say how it is")
    run.add_argument("--level", choices=LEVELS, help="default: node.json's level, else table")
    run.add_argument("--root", default="/", help="judge the files under another root")
    run.add_argument("--expectations", metavar="FILE", help=f"default: {EXPECTATIONS}")
    run.add_argument("--node", metavar="FILE", help=f"default: {SETTINGS}, where it is there")
    run.add_argument("--output", metavar="FILE", help=f"default: {VERDICT}")
    run.add_argument("--json", action="store_true", help="print the verdict's JSON, not a table")
    run.add_argument("--no-wait", action="store_true", help="take one look, wait for nothing")
    run.set_defaults(verb=run_check)
    unpack = verbs.add_parser("compile", help="unpack and compile, beside the archive")
    unpack.set_defaults(verb=run_compile)
    return top


def run_check(options: argparse.Namespace, began: float) -> int:
    """Judge, print, deliver."""
    root = options.root.rstrip("/")
    try:
        found, code = _judged(options, root, began), None
    except InputProblem as problem:
        say(f"error: {problem}")
        found, code = _unjudged(options.level or TABLE, str(problem)), WRONG_INPUT
    _print(found, options.json)
    deliver(found, root, options.output or root + VERDICT, say)
    if code is None:
        code = HEALTHY if found["verdict"] == GREEN else UNHEALTHY
    return code


def _judged(options: argparse.Namespace, root: str, began: float) -> dict[str, Any]:
    told = _expectations(options.expectations or root + EXPECTATIONS)
    settings = _settings(options.node, root + SETTINGS)
    level = options.level or settings.level or TABLE
    node = Node(root, Elsewhere() if root else Host(), level, told, settings)
    return verdict(node, 0.0 if options.no_wait else told.timeout, say, began)


def _expectations(path: str) -> Expectations:
    return expectations(_bytes(path), path)


def _settings(given: str | None, usual: str) -> NodeSettings:
    if given is None and not os.path.lexists(usual):
        return NodeSettings(None, None)
    return node_settings(_bytes(given or usual), given or usual)


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InputProblem(f"{path} cannot be read: {error.strerror}") from None


def _unjudged(level: str, problem: str) -> dict[str, Any]:
    """A verdict that says why there is none, so that whoever waits for it hears of it."""
    found = {"id": "check.input", "rule": "input", "result": UNKNOWN, "expected": "what to check",
             "saw": problem, "why": "", "remedy": "", "source": ""}
    nothing = {"virtualServers": 0, "realServers": 0, "text": []}
    return assembled(checked_level(level, "level"), "", "", [found], {},
                     {"uptime": 0.0, "waited": 0.0, "check": 0.0}, [], nothing)


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        import json

        text = json.dumps(found, indent=1) + "\n"
    else:
        from .text import report

        text = report(found)
    # a reader that has gone, or a C locale, must not cost the verdict
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.flush()
    except OSError:
        pass


def run_compile(options: argparse.Namespace, began: float) -> int:
    """Unpack the archive beside itself and compile it."""
    from .unpack import unpack

    say(f"compiled into {unpack()}")
    return HEALTHY
