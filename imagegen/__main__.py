"""`imagegen` as a process: signals and errors in one place, then the verb."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the verb; exit with 0, 1, 2, 3 or 130 (see ExitCode)."""
    # a terminated run cleans up like an interrupted one
    signal.signal(signal.SIGTERM, _interrupt)
    from imagegen.cli import cli
    from imagegen.common.errors import ExitCode, ImagegenError

    try:
        cli.main(standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(_said("interrupted; nothing half-made was left", ExitCode.INTERRUPTED))
    except ImagegenError as error:
        sys.exit(_said(str(error), error.exit_code))
    except OSError as error:
        sys.exit(_said(_of_system(error), ExitCode.TOOL_FAILED))
    except Exception as error:
        sys.exit(_usage(error))


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
        return _said("interrupted; nothing half-made was left", 130)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if not isinstance(error, click.ClickException):
        raise error
    error.show()
    return 2


if __name__ == "__main__":
    main()
