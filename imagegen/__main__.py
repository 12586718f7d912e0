"""`imagegen` as a process: signals, streams and errors in one place, then the verb."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    import click

    from imagegen.common.errors import ImagegenError

TOOL_FAILED, INTERRUPTED, PIPE_CLOSED = 3, 130, 141


def main() -> None:
    """Run the verb; exit with 0, 1, 2, 3, 130 or 141 (see ExitCode)."""
    # imports make much and drop little: looking for garbage at the default pace is a twentieth of a
    # cold render
    gc.set_threshold(50_000)
    sys.argv[1:] = _spelled_as_options(sys.argv[1:])
    _open_streams()
    # a terminal that cannot show a character gets its escape, not a traceback
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(_ended())


def _spelled_as_options(argv: list[str]) -> list[str]:
    """`help`, `help VERB` and `version` are what other tools call these options."""
    if argv[:1] == ["help"] and len(argv) <= 2:
        return [*argv[1:], "--help"]
    return ["--version"] if argv == ["version"] else argv


def _open_streams() -> None:
    """A caller may have closed one; what is opened next must not take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115  for the process
    if os.environ.get("PYTHONUNBUFFERED") and sys.stdout is sys.__stdout__:
        # without a buffer Python takes half a write for a whole one, and nobody hears of the rest
        coding = getattr(sys.stdout, "encoding", None)
        sys.stdout = open(1, "w", encoding=coding, closefd=False)  # noqa: SIM115


def _ended() -> int:
    """The verb's code. A reader that has seen enough, as `head` has, ends it without a word."""
    try:
        code = _help_at_once() if len(sys.argv) == 2 else None
        code = _verb() if code is None else code
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _said("interrupted; nothing half-made was left", INTERRUPTED)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _readers_gone():
            return PIPE_CLOSED
        return _said(_of_system(error), TOOL_FAILED)
    finally:
        _let_go()


def _help_at_once() -> int | None:
    """The help of all verbs needs no library; whoever looks for a verb should not wait for one."""
    from imagegen.cli import HELP, help_of_all
    from imagegen.report.terminal import columns

    if sys.argv[1] not in HELP:
        return None
    print(help_of_all(columns(sys.stdout)))  # noqa: T201
    return 0


def _verb() -> int:
    import signal

    # a terminated run cleans up like an interrupted one
    signal.signal(signal.SIGTERM, _interrupt)
    from imagegen.cli.group import cli
    from imagegen.common.errors import ExitCode, ImagegenError

    try:
        # click hands a verb's exit code back, and would leave it at that
        return int(cli.main(prog_name="imagegen", standalone_mode=False) or ExitCode.GOOD)
    except ImagegenError as error:
        return _said(_in_words(error), error.exit_code)
    except OSError:
        raise
    except Exception as error:
        return _usage(error)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _in_words(error: ImagegenError) -> str:
    from imagegen.report.words import error_words, look

    return error_words(error, look(sys.stderr))


def _said(text: str, code: int) -> int:
    try:
        print(text, file=sys.stderr, flush=True)  # noqa: T201
    except BrokenPipeError:
        return PIPE_CLOSED
    return int(code)


def _of_system(error: OSError) -> str:
    import errno

    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"error: the disk is full{where}\nhint: make room and run the same command again"
    return f"error: {error.strerror or error}{where}"


def _usage(error: Exception) -> int:
    """click's own complaints about the command line; anything else is a bug and is raised."""
    import click

    from imagegen.cli.group import ReaderGone

    if isinstance(error, ReaderGone) and error.__cause__:
        raise error.__cause__
    if isinstance(error, click.exceptions.Abort):
        return _said("interrupted; nothing half-made was left", INTERRUPTED)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if not isinstance(error, click.ClickException):
        raise error
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return 2
    return _said(_usage_words(error), 2)


def _usage_words(error: click.ClickException) -> str:
    """What is wrong with the command line, in the form of every other error, and the usage."""
    from imagegen.common.errors import InputError

    context = getattr(error, "ctx", None)
    message = error.format_message().rstrip(".")
    hint = f"`{context.command_path} --help` shows what it takes" if context else ""
    words = _in_words(InputError(f"{message[:1].lower()}{message[1:]}", hint=hint))
    return f"{words}\n{context.get_usage()}" if context else words


def _readers_gone() -> bool:
    """Whether it was our own output that broke, and not the socket of a tool."""
    import contextlib
    import select

    poll = select.poll()
    for stream in _streams():
        with contextlib.suppress(OSError):
            poll.register(stream.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _let_go() -> None:
    """What could not be written would be tried again, and complained of, when Python ends."""
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _streams() -> list[TextIO]:
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


if __name__ == "__main__":
    main()
