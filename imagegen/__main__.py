"""`imagegen` as a process: signals and errors in one place, then the verb."""

from __future__ import annotations

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the verb; exit with 0, 1, 2, 3 or 130 (see ExitCode)."""
    # imports make much and drop little: looking for garbage at the default pace is a twentieth of a
    # cold render
    gc.set_threshold(50_000)
    # a terminal that cannot show a character gets its escape, not a traceback
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    _help_at_once()
    import signal

    # a terminated run cleans up like an interrupted one
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(_verb())
    except KeyboardInterrupt:
        sys.exit(_said("interrupted; nothing half-made was left", INTERRUPTED))


def _help_at_once() -> None:
    """The help of all verbs needs no library; whoever looks for a verb should not wait for one."""
    from imagegen.cli import HELP, help_of_all

    if len(sys.argv) == 2 and sys.argv[1] in HELP:
        print(help_of_all())  # noqa: T201
        sys.exit(0)


def _verb() -> int:
    from imagegen.cli.group import cli
    from imagegen.common.errors import ExitCode, ImagegenError

    try:
        # click hands a verb's exit code back, and would leave it at that
        return int(cli.main(prog_name="imagegen", standalone_mode=False) or ExitCode.GOOD)
    except ImagegenError as error:
        return _said(str(error), error.exit_code)
    except OSError as error:
        return _said(_of_system(error), ExitCode.TOOL_FAILED)
    except Exception as error:
        return _usage(error)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _said(text: str, code: int) -> int:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
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

    if isinstance(error, click.exceptions.Abort):
        return _said("interrupted; nothing half-made was left", INTERRUPTED)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if not isinstance(error, click.ClickException):
        raise error
    error.show()
    return 2


if __name__ == "__main__":
    main()
