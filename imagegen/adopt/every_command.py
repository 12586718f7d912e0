"""Every command line of a node that runs a program: of its units, its static pods, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.adopt.commands import Found, found_in
from imagegen.adopt.notes import Notes
from imagegen.adopt.starters import started_elsewhere
from imagegen.adopt.static_pods import container_commands, static_pods
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import FOLDERS, all_commands

MAX_UNITS = 1_000


def commands_of(files: Files, name: re.Pattern[str]) -> Iterator[Found]:
    """Each start of the program, with the file that it stands in."""
    for unit in unit_names(files):
        path, commands = all_commands(files, unit, Notes())
        for words in commands:
            if found := found_in(words, path, name, files):
                yield found
    for path, pod in static_pods(files):
        for words, _ in container_commands(pod):
            if found := found_in(words, path, name, files):
                yield found
    for started in started_elsewhere(files, name, "\0"):
        if started.found:
            yield started.found


def unit_names(files: Files) -> list[str]:
    """The services that any folder of units has."""
    names = {name: None for folder in FOLDERS for name in files.names(folder)
             if name.endswith(".service") and not name.startswith(".")}
    return sorted(names)[:MAX_UNITS]
