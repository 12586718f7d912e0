"""What else starts programs on a node than systemd and the kubelet: every file of each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.commands import Found, found_in, in_shell
from imagegen.adopt.documents import documents, texts
from imagegen.adopt.tree import Files

MAX_FILES = 400


@dataclass(frozen=True, slots=True)
class Starter:
    """A program that starts others, and its files: a path, or a folder with what is in it."""

    name: str
    paths: tuple[str, ...]


STARTERS = (
    Starter("supervisord", ("/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
                            "/etc/supervisord.d/*", "/etc/supervisor/conf.d/*",
                            "/etc/supervisor.d/*", "/etc/supervisord/*")),
    Starter("runit", ("/etc/service/*/run", "/etc/sv/*/run", "/var/service/*/run",
                      "/service/*/run", "/etc/runit/runsvdir/*/*/run")),
    Starter("s6", ("/etc/services.d/*/run", "/etc/s6/sv/*/run", "/etc/s6-rc/source/*/run",
                   "/etc/s6-overlay/s6-rc.d/*/run", "/etc/s6/*/run")),
    Starter("upstart", ("/etc/init/*",)),
    Starter("an init script", ("/etc/init.d/*", "/etc/rc.d/init.d/*")),
    Starter("rc.local", ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/local.d/*",
                         "/etc/init.d/boot.local")),
    Starter("init", ("/etc/inittab",)),
    Starter("cron", ("/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/crontabs/*",
                     "/var/spool/cron/*")),
    Starter("monit", ("/etc/monitrc", "/etc/monit/monitrc", "/etc/monit/conf.d/*",
                      "/etc/monit.d/*", "/etc/monit/conf-enabled/*")),
    Starter("Docker Compose", tuple(
        f"{folder}/{name}" for folder in ("/etc/*", "/opt", "/opt/*", "/srv", "/srv/*", "/data/*",
                                          "/etc/docker/*", "/opt/*/*")
        for name in ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"))),
    Starter("Podman", ("/etc/containers/systemd/*",)),
)


@dataclass(frozen=True, slots=True)
class Started:
    """A program's command line, who runs it, and the file of that one that leads to it."""

    by: str
    entry: str
    found: Found | None


def started_elsewhere(files: Files, name: re.Pattern[str], word: str) -> Iterator[Started]:
    """Every file of another starter that starts the program, or that only speaks of it."""
    for starter in STARTERS:
        for path in _paths(files, starter):
            text = files.text(path)
            if text is None or "\0" in text:
                continue
            found = _in_file(text, path, name, files)
            if found or (word in text and _is_command(text, word)):
                yield Started(starter.name, path, found)


def _paths(files: Files, starter: Starter) -> list[str]:
    listed = dict.fromkeys(path for pattern in starter.paths for path in matching(files, pattern))
    return list(listed)[:MAX_FILES]


def matching(files: Files, pattern: str) -> list[str]:
    """The files that a pattern names; `*` stands for any part of one name."""
    places = [""]
    for part in pattern.split("/")[1:]:
        known = re.compile(re.escape(part).replace(r"\*", "[^/]*") + r"\Z")
        places = [f"{place}/{name}" for place in places
                  for name in (files.names(place or "/")[:MAX_FILES] if "*" in part else [part])
                  if known.match(name)]
    return [place for place in places if files.there(place)]


def _in_file(text: str, path: str, name: re.Pattern[str], files: Files) -> Found | None:
    if path.endswith((".yml", ".yaml")):
        return next(filter(None, (found_in(words, path, name, files)
                                  for words in _composed(text))), None)
    values = systemd.environment(files.text(f"/etc/conf.d/{path.rpartition('/')[2]}") or "")
    return in_shell("\n".join(_plain(text)), path, name, files, values=values)


def _plain(text: str) -> Iterator[str]:
    """The file's lines as a shell has them: without what stands before a command in an INI file,
    an inittab, upstart's or monit's file."""
    for line in text.replace("\\\n", " ").split("\n"):
        bare = re.sub(r"^\s*(command|Exec|start program|exec|ExecStart)\s*=\s*", "", line)
        bare = re.sub(r"^\s*(start|exec|with) +(program\s*=\s*|)", "", bare) if (
            bare.lstrip().startswith(("start program", "exec "))) else bare
        bare = re.sub(r"^[A-Za-z0-9]{1,4}:[0-9sS]*:[a-z]+:", "", bare)
        yield re.sub(r"^\s*(\S+\s+){5}(?=/)", "@reboot ", bare)


def _composed(text: str) -> Iterator[list[str]]:
    """The commands of a Compose file's services."""
    for data in documents(text):
        services = data.get("services", data) if isinstance(data, dict) else None
        for service in services.values() if isinstance(services, dict) else ():
            if isinstance(service, dict):
                yield [*_words(service.get("entrypoint")), *_words(service.get("command"))]


def _words(value: Any) -> list[str]:  # noqa: ANN401
    return systemd.words(value) if isinstance(value, str) else texts(value)


def _is_command(text: str, word: str) -> bool:
    """Whether a line that is no comment speaks of the program."""
    return any(word in line and line.strip()[:1] not in ("#", ";") for line in text.splitlines())
