"""`./dev bench [NAME…] [--write FILE]`: run benchmarks, print them, and keep them where asked."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
from pathlib import Path

from imagegen import __version__
from imagegen.common.files import write_atomic
from imagegen.common.run import run
from tests.bench.boots import boots
from tests.bench.build import builds
from tests.bench.checks import checks
from tests.bench.many import many
from tests.bench.quick import unchanged
from tests.bench.report import reports

ALL = {"many": many, "unchanged": unchanged, "check": checks, "boot": boots, "build": builds,
       "report": reports}
HEAD = """# Benchmarks

Written by `./dev bench NAME… --write docs/benchmarks.md`, never by hand. Every ratio is to the
first row of its table. `many` takes the best of its runs, the others the median. Guests run under
software emulation where KVM does not work; two runs of the same thing then differ by half, so trust
the ratios of one table and no others.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--write", type=Path, metavar="FILE",
                        help="keep the result there, in the place of an older one of its name")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(ALL):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    for name in arguments.names or ALL:
        result = f"## {name}\n\n{_circumstances()}\n\n{ALL[name]()}"
        print(result, flush=True)  # noqa: T201
        if arguments.write:
            _keep(arguments.write, name, result)


def _circumstances() -> str:
    qemu = run(["qemu-system-x86_64", "--version"]).output.split()[3]
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (f"{now}: imagegen {__version__}, Python {platform.python_version()}, QEMU {qemu}, "
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start.")


def _keep(file: Path, name: str, result: str) -> None:
    """Put a section in its place; the others stay as they were measured."""
    text = file.read_text() if file.exists() else ""
    sections = dict(re.findall(r"^(## (?:\w+))\n(.*?)(?=^## |\Z)", text, re.S | re.M))
    sections[f"## {name}"] = result.partition("\n")[2]
    body = [f"{title}\n{sections[title].rstrip()}\n" for title in
            (f"## {known}" for known in ALL) if title in sections]
    write_atomic(file, "\n".join([HEAD, *body]).encode())


if __name__ == "__main__":
    main()
