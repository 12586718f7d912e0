"""The check's command line: `run` judges the node, `show` and `explain` speak of it."""

from __future__ import annotations

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
from .model import TABLE, UNKNOWN, CannotTell, Fact, InputProblem, Outcome, finding
from .options import USAGE, Options, options
from .outputs import VERDICT, deliver, write_atomic
from .state import Node
from .text import PLAIN, Look, printable, report
from .verdict import GREEN, assembled, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXPECTATIONS = "/usr/lib/imagegen/expectations.json"
SETTINGS = "/etc/imagegen/node.json"
HEALTHY, UNHEALTHY, WRONG_INPUT, TOOL_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; the exit code is 0 green, 1 red, 2 wrong input, 3 a tool failed.

    The formats `nagios` and `npd` have codes of their own.
    """
    began = time.monotonic()
    try:
        asked = options(sys.argv[1:] if arguments is None else arguments)
        return _verb(asked, began)
    except InputProblem as problem:
        say(f"error: {problem}")
        return WRONG_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, CannotTell) as error:
        say(f"error: {error}")
        return TOOL_FAILED
    except Exception as error:
        say(f"error: the check itself failed: {type(error).__name__}: {error}")
        return TOOL_FAILED


def _verb(asked: Options, began: float) -> int:
    if asked.verb == "run":
        return run_check(asked, began)
    if asked.verb == "show":
        return show(asked)
    if asked.verb == "gate":
        from .gate import hold

        if asked.timeout is None:
            raise InputProblem("gate needs --timeout SECONDS")
        return hold(asked.root, Host(), asked.timeout, say)
    if asked.verb == "compile":
        from .unpack import unpack

        say(f"compiled into {unpack()}")
    elif asked.verb == "explain":
        _out(_explained(asked.word))
    else:
        _out(USAGE if asked.verb == "--help" else f"{VERSION}\n")
    return HEALTHY


def say(line: str) -> None:
    """A line of progress or trouble, for the journal."""
    sys.stderr.write(f"imagegen: {printable(line)}\n")
    sys.stderr.flush()


def run_check(asked: Options, began: float) -> int:
    """Judge, print, deliver."""
    problem, node = "", None
    try:
        node, timeout = _node(asked)
        found = verdict(node, timeout, say, began)
    except InputProblem as raised:
        problem = str(raised)
        say(f"error: {problem}")
        found = _unjudged(asked.level or TABLE, problem)
    text, code = _shaped(asked, found)
    _out(text)
    deliver(found, asked.root, asked.output or asked.root + VERDICT, say)
    if node is not None:
        _tell_cluster(found, node)
    return WRONG_INPUT if problem and code == UNHEALTHY else code


def show(asked: Options) -> int:
    """A verdict that is kept, in any format; the node is not judged."""
    try:
        found = _kept(asked.word or VERDICT, asked.max_age)
    except InputProblem as problem:
        from .formats import without_verdict

        say(f"error: {problem}")
        text, code = without_verdict(asked.format, str(problem))
        _out(text)
        return code
    text, code = _shaped(asked, found)
    if asked.output:
        write_atomic(asked.output, text.encode("utf-8", "replace"))
    else:
        _out(text)
    return code


def _shaped(asked: Options, found: dict[str, Any]) -> tuple[str, int]:
    """The verdict in the format that was asked for, and the exit code."""
    look = PLAIN if asked.verb == "show" and asked.output else _look()
    if asked.format == "text":  # what every boot prints: no format is imported
        return report(found, look), HEALTHY if found["verdict"] == GREEN else UNHEALTHY
    from .formats import exit_code, shaped

    return shaped(asked.format, [found], look), exit_code(asked.format, [found])


def _kept(path: str, max_age: float | None) -> dict[str, Any]:
    from .stored import stored

    found = stored(sys.stdin.buffer.read() if path == "-" else _bytes(path), path)
    age = time.time() - found["time"]
    if max_age is not None and age > max_age:
        raise InputProblem(f"the verdict in {path} is {age:.0f} s old")
    return found


def _explained(name: str) -> str:
    from .explain import explained, overview

    def facts() -> list[Fact]:
        return _expectations(EXPECTATIONS).facts if os.path.exists(EXPECTATIONS) else []

    columns = _look().columns
    return explained(name, facts, columns) if name else overview(columns)


def _look() -> Look:
    """Without a terminal, which is what a boot has, nothing is asked and imported."""
    if not sys.stdout.isatty():
        return PLAIN
    from .terminal import look

    return look(sys.stdout.fileno())


def _tell_cluster(found: dict[str, Any], node: Node) -> None:
    """The Node's condition, where the profile asks for it; it never costs the verdict."""
    to = node.expectations.condition
    if to is None or node.level != TABLE or not node.host.live:
        return
    try:
        from .api.condition import announce
        from .api.look import node_name, opened

        announce(found, lambda: opened(to.kubeconfig, to.seconds, node), node_name(node), say)
    except Exception as error:  # a Python without ssl, say
        say(f"the Node's condition could not be set: {type(error).__name__}: {error}")


def _node(asked: Options) -> tuple[Node, float]:
    """What is judged, and how many seconds its table may take."""
    told = _expectations(asked.expectations or asked.root + EXPECTATIONS)
    settings = _settings(asked.node, asked.root + SETTINGS)
    level = asked.level or settings.level or TABLE
    node = Node(asked.root, Elsewhere() if asked.root else Host(), level, told, settings)
    return node, 0.0 if asked.no_wait else told.timeout


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
    from .pages import OUTSIDE

    page = OUTSIDE["input"]
    fact = Fact("check.input", "input", (), {}, page.why, page.source, page.mend)
    found = finding(fact, Outcome(UNKNOWN, "what to check", problem))
    nothing = {"virtualServers": 0, "realServers": 0, "text": []}
    return assembled(checked_level(level, "level"), "", "", [found], {},
                     {"uptime": 0.0, "waited": 0.0, "check": 0.0}, [], nothing)


def _out(text: str) -> None:
    # a reader that has gone, or a C locale, must not cost the verdict
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.flush()
    except OSError:
        pass
