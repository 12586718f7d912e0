"""The little shell that files of modules are written in: assignments, loops, `modprobe`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_MODPROBE = re.compile(r"(?:/usr)?(?:/sbin/|/bin/)?modprobe\Z")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?\Z")
_ENDS = frozenset({";", "&", "&&", "||", "|", "do", "done", "then", "fi", "else", "{", "}", "(",
                   ")", ">", ">>", "<", "2"})
MAX_WORDS = 10_000


def modprobed(text: str) -> tuple[list[str], list[str]]:
    """The modules that a script loads, in its order, and the words that stayed unknown."""
    words = _words(text)
    values = dict(_assignments(words))
    modules: list[str] = []
    unknown: list[str] = []
    for argument in _arguments(words):
        found = _VARIABLE.match(argument)
        named = [argument] if found is None else values.get(found[1], [argument])
        plain = all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in named)
        modules += named if plain else []
        unknown += [] if plain else [argument]
    return list(dict.fromkeys(modules)), list(dict.fromkeys(unknown))


def _words(text: str) -> list[str]:
    bare = re.sub(r"(^|\s)#.*$", "", text.replace("\\\n", " "), flags=re.M)
    lexer = shlex.shlex(bare.replace("\n", " ; "), posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return [word for _, word in zip(range(MAX_WORDS), lexer, strict=False)]
    except ValueError:
        return text.split()[:MAX_WORDS]


def _assignments(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """`NAME=words` and `for NAME in words`, each as the words that it stands for."""
    plain: dict[str, list[str]] = {}
    for position, word in enumerate(words):
        if found := re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", word, re.S):
            plain[found[1]] = found[2].split()
            yield found[1], plain[found[1]]
        if word == "for" and words[position + 2:position + 3] == ["in"]:
            over = [inner for one in _until_end(words[position + 3:])
                    for inner in _expanded(one, plain)]
            yield words[position + 1], over


def _expanded(word: str, values: dict[str, list[str]]) -> list[str]:
    found = _VARIABLE.match(word)
    return values.get(found[1], [word]) if found else word.split()


def _until_end(words: list[str]) -> Iterator[str]:
    for word in words:
        if word in _ENDS or word[0] in ";&|()<>":
            return
        yield word


def _arguments(words: list[str]) -> Iterator[str]:
    """What follows each `modprobe`: one module and its parameters, or with -a only modules."""
    for position, word in enumerate(words):
        if _MODPROBE.match(word):
            given = list(_until_end(words[position + 1:]))
            names = [one for one in given if not one.startswith("-")]
            removes = any(one in ("-r", "--remove") for one in given)
            yield from [] if removes else names if {"-a", "--all"} & {*given} else names[:1]
