"""`./dev bench [NAME…] [--write FILE]`: run benchmarks, print them, and keep them where asked."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
from pathlib import Path

from imagegen import __version__
from imagegen.common.run import run
from tests.bench.boots import boots
from tests.bench.build import builds
from tests.bench.checks import checks
from tests.bench.quick import render, unchanged

ALL = {"render": render, "unchanged": unchanged, "check": checks, "boot": boots, "build": builds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the result there, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(ALL):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    parts = [_head()]
    for name in arguments.names or ALL:
        parts.append(ALL[name]())
        print(parts[-1], flush=True)  # noqa: T201
    if arguments.write:
        arguments.write.write_text("\n".join(parts))


def _head() -> str:
    qemu = run(["qemu-system-x86_64", "--version"]).output.splitlines()[0]
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (f"# Benchmarks\n\nWritten by `./dev bench --write`, {now}: imagegen {__version__}, "
            f"Python {platform.python_version()}, {qemu}, {os.cpu_count()} cores, load "
            f"{os.getloadavg()[0]:.1f} at the start. Every ratio is to the first row of its table; "
            "guests run under software emulation where KVM does not work.\n")


if __name__ == "__main__":
    main()
