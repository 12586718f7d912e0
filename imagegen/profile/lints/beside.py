"""What speaks to kube-proxy's command line beside its section: drop-ins, files, another of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from imagegen.knowledge.kubernetes import Form, RunBy
from imagegen.knowledge.kubernetes_fields import FLAG_OF
from imagegen.knowledge.kubernetes_flags import BESIDE_CONFIG, LOGGING
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile
from imagegen.profile.node_files import Unit
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
_UNIT = "kube-proxy.service"
_FIELD_OF = {flag: path for path, flag in FLAG_OF.items()}
_CONTINUED = re.compile(r"\\\s*\n\s*")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
# what other packagings of Kubernetes read, and imagegen's unit does not
_UNREAD = ("/etc/default/kube-proxy", "/etc/sysconfig/kube-proxy", "/etc/kubernetes/proxy")
# units of imagegen's own, of a type that starts one program
_OURS = (_UNIT, "kubelet.service")


def unit_flags(profile: Profile) -> Iterator[Problem]:
    """With --config, the file replaces nearly every flag without a word (kubernetes 107156)."""
    by_unit = profile.kube_proxy.by_unit
    for where, unit, text in _drop_ins(profile):
        if unit.name == _UNIT and by_unit and form_of(profile) is Form.CONFIG:
            for words in _commands(text):
                yield from _without_effect(words, where)
                yield from _other_file(profile, words, where)
        if unit.name in _OURS or unit.content is not None:
            yield from _second_start(unit, text, where)


def _drop_ins(profile: Profile) -> Iterator[tuple[Path, Unit, str]]:
    for index, unit in enumerate(profile.os.units):
        for number, drop_in in enumerate(unit.drop_ins):
            yield ("os", "units", index, "dropIns", number, "content"), unit, drop_in.content


def _settings(text: str, wanted: str) -> list[str]:
    rows = (line.partition("=") for line in _CONTINUED.sub(" ", text).splitlines())
    return [value.strip() for key, _, value in rows if key.strip() == wanted]


def _commands(text: str) -> Iterator[list[str]]:
    """The words of each ExecStart, with the variables that the same text sets."""
    lines = _settings(text, "Environment")
    pairs = [word.partition("=") for line in lines for word in _words(line)]
    known = {name: value for name, _, value in pairs}
    for line in filter(None, _settings(text, "ExecStart")):
        yield _words(_VARIABLE.sub(lambda found: known.get(found[1], found[0]), line))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _flags(words: list[str]) -> list[str]:
    """pflag takes `_` for `-`, and a value behind a blank."""
    return [word.lstrip("-").partition("=")[0].replace("_", "-") for word in words[1:]
            if re.match("--?[a-z]", word)]


def _without_effect(words: list[str], where: Path) -> Iterator[Problem]:
    found = _flags(words)
    lost = [flag for flag in found if flag not in BESIDE_CONFIG | LOGGING]
    if "config" in found and lost:
        yield Problem(where, f"{' and '.join(f'--{flag}' for flag in lost)} will have no "
                      "effect: beside --config kube-proxy reads the file alone",
                      f"say it in the profile: {', '.join(map(_place, lost))}",
                      rule="kube-proxy-flag-no-effect")


def _place(flag: str) -> str:
    return f"kubeProxy.config.{_FIELD_OF[flag]}" if flag in _FIELD_OF else "kubeProxy.config"


def _other_file(profile: Profile, words: list[str], where: Path) -> Iterator[Problem]:
    ours = profile.kube_proxy.config_file
    pairs = zip(words, [*words[1:], ""], strict=True)
    given = [word.partition("=")[2] or after for word, after in pairs
             if word.lstrip("-").partition("=")[0] == "config" and word.startswith("-")]
    if given != [ours] and not any("$" in one for one in given):
        reads = f"reads {given[0]}" if given else "has no --config"
        yield Problem(where, f"this kube-proxy {reads}, so that nothing of kubeProxy.config, which "
                      f"is in {ours}, counts", f"start it with --config={ours}, or name the other "
                      "file as kubeProxy.configFile", rule="kube-proxy-other-config",
                      severity=Severity.WARNING)


def _second_start(unit: Unit, text: str, where: Path) -> Iterator[Problem]:
    starts = _settings(text, "ExecStart")
    kind = [*_settings(unit.content or "", "Type"), *_settings(text, "Type"), "simple"]
    if starts and starts[0] and "oneshot" not in kind:
        yield Problem(where, f"{unit.name} would have two ExecStart= lines, and systemd refuses to "
                      "load such a unit", "write a line `ExecStart=` without a value before yours, "
                      "which takes the first one away", rule="node-unit-exec-twice")


def other_kube_proxies(profile: Profile) -> Iterator[Problem]:
    """A configuration that nobody reads, and a second kube-proxy that fights with the first."""
    if profile.kube_proxy.run_by is RunBy.NONE:
        return
    texts = "".join(text for _, unit, text in _drop_ins(profile) if unit.name == _UNIT)
    for index, file in enumerate(profile.os.files):
        path = ("os", "files", index, "path")
        unread = file.path in _UNREAD and profile.kube_proxy.by_unit
        if unread and file.path not in texts:
            yield Problem(path, f"imagegen's {_UNIT} does not read {file.path}, so what stands "
                          "there has no effect", "say it under kubeProxy",
                          rule="kube-proxy-file-unread", severity=Severity.WARNING)
        if file.path.startswith("/etc/kubernetes/manifests/") and re.search(
                rb"image:\s*\S*kube-proxy[:@\s]", file.data):
            yield _second(path, f"the static pod of {file.path}")
    for index, unit in enumerate(profile.os.units):
        starts = _settings(unit.content or "", "ExecStart")
        if unit.name != _UNIT and any(_starts_kube_proxy(line) for line in starts):
            yield _second(("os", "units", index, "name"), unit.name)


def _starts_kube_proxy(line: str) -> bool:
    words = _words(line.lstrip("-@:+!"))
    return bool(words) and words[0].endswith("/kube-proxy") and not {
        "cleanup", "version", "write-config-to"} & set(_flags(words))


def _second(path: Path, what: str) -> Problem:
    return Problem(path, f"{what} is a second kube-proxy: each of the two deletes the virtual "
                   "servers that the other made, and their ports clash",
                   "remove it; the profile's own is the one that is proven",
                   rule="kube-proxy-second")
