"""A program in a command line: behind wrappers, in the text of a shell, in a script that is named.

Only what stands there plainly is read; a word that a shell would have to work out keeps its `$`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imagegen.adopt import systemd
from imagegen.adopt.tree import Files

KUBE_PROXY = re.compile(r"kube-?proxy(-v?[0-9.]+|-linux-[a-z0-9]+|-amd64)?\Z")
_MULTICALL = {"hyperkube": 1, "kubernetes": 1}
# programs that start another one, or words that stand before a command in some starter's file
_WRAPPERS = frozenset([
    "go-runner", "env", "tini", "tini-static", "dumb-init", "catatonit", "nsenter", "nice",
    "ionice", "chroot", "exec", "setsid", "timeout", "stdbuf", "numactl", "taskset", "chrt",
    "sudo", "doas", "runuser", "su", "setpriv", "systemd-run", "systemd-cat", "cgexec",
    "nohup", "time", "unshare", "capsh", "prlimit", "s6-setuidgid", "s6-svc", "chpst",
    "setuidgid", "softlimit", "envdir", "daemon", "daemonize", "start-stop-daemon", "flock",
    "gosu", "su-exec", "command", "catchsegv", "docker", "podman", "nerdctl", "ctr", "runc",
    "crictl", "linux32", "linux64", "strace", "ip", "with-contenv", "execlineb", "start",
    "respawn", "@reboot", "unbuffer", "faketime", "logger-wrapper", "systemd-inhibit"])
# an option of a wrapper whose value may be called like the program
_NAMED = frozenset({"--name", "-N", "--user", "-u", "-g", "--group", "--chuid", "-c",
                    "--pidfile", "--hostname", "--unit", "--slice", "--comm"})
_KEYWORDS = frozenset({"then", "do", "else", "{", "!", "if", "while", "exec"})
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}"
                       r"|([A-Za-z_][A-Za-z0-9_]*))")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.S)
_PATH = re.compile(r"/[A-Za-z0-9/._@+-]+\Z")
MAX_DEPTH, MAX_WORDS, MAX_SCRIPT = 4, 20_000, 1 << 17


@dataclass(frozen=True, slots=True)
class Found:
    """A program's own command line, and the file that it stands in."""

    file: str
    words: tuple[str, ...]


def base_of(word: str) -> str:
    """A program's name without its folders."""
    return word.rpartition("/")[2]


def program_in(words: list[str], name: re.Pattern[str]) -> list[str] | None:
    """The program's words, behind any wrappers; None where the command runs something else."""
    for place, word in enumerate(words):
        if word.startswith("-") or (place and words[place - 1] in _NAMED):
            continue
        if place and not _wraps(words[0]):
            return None
        rest = words[place + 1:]
        if base_of(word) in _MULTICALL and rest and (
                name.match(rest[0]) or name.match(f"kube-{rest[0]}")):
            return [word, *rest[1:]]
        if name.match(base_of(word)):
            rest = rest[1:] if rest[:1] == ["--"] else rest
            return [word, *rest] if not rest or _takes(rest[0]) else None
    return None


def flags_of(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Flags and their values, both spellings."""
    for place, word in enumerate(words):
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name:
            after = words[place + 1] if place + 1 < len(words) else ""
            yield name.replace("_", "-"), value if equals else (
                "" if after.startswith("-") else after)


def _wraps(word: str) -> bool:
    return base_of(word) in _WRAPPERS or bool(_ASSIGNED.match(word)) or word == "*"


def _takes(word: str) -> bool:
    """Whether a word can follow a daemon's name: a flag, a variable, the name of a subcommand."""
    return word[:1] in "-$" or word in ("server", "agent", "controller", "worker")


def found_in(words: list[str], file: str, name: re.Pattern[str], files: Files,
             depth: int = 0, values: Mapping[str, str] | None = None) -> Found | None:
    """The program in a command, in the shell text that is a word of it, or in a script of it."""
    direct = program_in(words, name)
    if direct:
        return Found(file, tuple(direct))
    if depth > MAX_DEPTH:
        return None
    for word in words:
        inner = None
        if re.search(r"\s", word):
            inner = in_shell(word, file, name, files, depth + 1, values)
        elif _PATH.match(word) and (text := _script(files, word)):
            inner = in_shell(text, word, name, files, depth + 1, values)
        if inner:
            return inner
    return None


def _script(files: Files, path: str) -> str | None:
    data = files.read(path)
    if data is None or len(data) > MAX_SCRIPT or b"\0" in data:
        return None
    text = data.decode("utf-8", "replace")
    return text if "kube" in text or "k3s" in text or "rke2" in text else None


def in_shell(text: str, file: str, name: re.Pattern[str], files: Files, depth: int = 0,
             values: Mapping[str, str] | None = None) -> Found | None:
    """The program that a shell's text starts."""
    known = dict(values or {})
    for words in _commands(text):
        filled = list(_assigned(words, known))
        if filled[:1] in (["."], ["source"]) and len(filled) > 1:
            known |= systemd.environment(re.sub(r"^\s*export\s+", "",
                                                files.text(filled[1]) or "", flags=re.M))
        if filled and (found := found_in(filled, file, name, files, depth)):
            return found
    # OpenRC's own way to say it: openrc-run(8)
    command = [known.get("command", ""), *systemd.words(known.get("command_args", ""))]
    direct = program_in(command, name) if command[0] else None
    return Found(file, tuple(direct)) if direct else None


def _assigned(words: list[str], known: dict[str, str]) -> Iterator[str]:
    """A command's words with the variables filled; its own assignments are remembered."""
    before = True
    for word in words:
        if before and word in _KEYWORDS | {"export", "readonly", "local"}:
            continue
        filled = _filled(word, known)
        found = _ASSIGNED.match(filled) if before else None
        if found and not filled.startswith("-"):
            known[found[1]] = found[2]
            continue
        before = False
        if _VARIABLE.fullmatch(word) and filled != word:
            yield from systemd.words(filled)
        elif word not in ("$@", "$*", "&"):
            yield filled


def _filled(word: str, known: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        text = known.get(found[1] or found[3])
        return text if text is not None else found[2] if found[2] is not None else found[0]
    return _VARIABLE.sub(value, word)


def _commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a shell's text, without redirections and comments."""
    words: list[str] = []
    skip, inside = False, 0
    for token in _tokens(text):
        mark = bool(token) and not token.strip(";&|()<>\n")
        if inside or (mark and token[0] == "(" and words and words[-1].endswith("$")):
            # $(…): only a shell can tell; the word before keeps its mark
            inside += token.count("(") - token.count(")") if mark else 0
        elif mark and ("<" in token or ">" in token):
            words = words[:-1] if words and words[-1].isdigit() else words
            skip = not token.endswith("\n")
        elif mark:
            yield words
            words, skip = [], False
        elif skip:
            skip = False
        else:
            words.append(token)
    yield words


def _tokens(text: str) -> list[str]:
    joined = text.replace("\\\r\n", " ").replace("\\\n", " ")
    bare = re.sub(r"^\s*#.*$|(?<=\s)#(?![^\n]*[\"']).*$", "", joined, flags=re.M)
    lexer = shlex.shlex(bare, posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return [token for _, token in zip(range(MAX_WORDS), lexer, strict=False)]
    except ValueError:
        return [token for line in bare.split("\n") for token in [*line.split(), "\n"]][:MAX_WORDS]
