"""What speaks to kube-proxy's command line beside its section: drop-ins, files, another of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from imagegen.knowledge.kubernetes import Form, RunBy
from imagegen.knowledge.kubernetes_fields import FLAG_OF
from imagegen.knowledge.kubernetes_flags import BESIDE_CONFIG, LOGGING
from imagegen.profile.lints.inside import Inside, in_bytes, joined, rows
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile
from imagegen.profile.node_files import Unit
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
_UNIT = "kube-proxy.service"
_FIELD_OF = {flag: path for path, flag in FLAG_OF.items()}
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
            for at, words in _commands(text):
                yield from _without_effect(words, where, text, at)
                yield from _other_file(profile, words, where, at)
        if unit.name in _OURS or unit.content is not None:
            yield from _second_start(unit, text, where)


def _drop_ins(profile: Profile) -> Iterator[tuple[Path, Unit, str]]:
    for index, unit in enumerate(profile.os.units):
        for number, drop_in in enumerate(unit.drop_ins):
            yield ("os", "units", index, "dropIns", number, "content"), unit, drop_in.content


def _settings(text: str, wanted: str) -> list[str]:
    return [value for _, value in _placed(text, wanted)]


def _placed(text: str, wanted: str) -> list[tuple[int, str]]:
    """Each value of a setting, and where its line stands."""
    found = [(at, *line.partition("=")) for at, line in rows(joined(text))]
    return [(at, value.strip()) for at, key, _, value in found if key.strip() == wanted]


def _commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """Where each ExecStart stands, and its words, with the variables that the same text sets."""
    lines = _settings(text, "Environment")
    pairs = [word.partition("=") for line in lines for word in _words(line)]
    known = {name: value for name, _, value in pairs}
    for at, line in _placed(text, "ExecStart"):
        if not line:
            continue
        yield at, _words(_VARIABLE.sub(lambda found: known.get(found[1], found[0]), line))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _flags(words: list[str]) -> list[str]:
    """pflag takes `_` for `-`, and a value behind a blank."""
    return [word.lstrip("-").partition("=")[0].replace("_", "-") for word in words[1:]
            if re.match("--?[a-z]", word)]


def _without_effect(words: list[str], where: Path, text: str, at: int) -> Iterator[Problem]:
    found = _flags(words)
    lost = [flag for flag in found if flag not in BESIDE_CONFIG | LOGGING]
    if "config" in found and lost:
        yield Problem(where, f"{' and '.join(f'--{flag}' for flag in lost)} will have no "
                      "effect: beside --config kube-proxy reads the file alone",
                      f"say it in the profile: {', '.join(map(_place, lost))}",
                      rule="kube-proxy-flag-no-effect",
                      at=max(text.find(f"--{lost[0]}", at), at))


def _place(flag: str) -> str:
    return f"kubeProxy.config.{_FIELD_OF[flag]}" if flag in _FIELD_OF else "kubeProxy.config"


def _other_file(profile: Profile, words: list[str], where: Path, at: int) -> Iterator[Problem]:
    ours = profile.kube_proxy.config_file
    pairs = zip(words, [*words[1:], ""], strict=True)
    given = [word.partition("=")[2] or after for word, after in pairs
             if word.lstrip("-").partition("=")[0] == "config" and word.startswith("-")]
    if given != [ours] and not any("$" in one for one in given):
        reads = f"reads {given[0]}" if given else "has no --config"
        yield Problem(where, f"this kube-proxy {reads}, so that nothing of kubeProxy.config, which "
                      f"is in {ours}, counts", f"start it with --config={ours}, or name the other "
                      "file as kubeProxy.configFile", rule="kube-proxy-other-config",
                      severity=Severity.WARNING, at=at)


def _second_start(unit: Unit, text: str, where: Path) -> Iterator[Problem]:
    starts = _placed(text, "ExecStart")
    kind = [*_settings(unit.content or "", "Type"), *_settings(text, "Type"), "simple"]
    if starts and starts[0][1] and "oneshot" not in kind:
        yield Problem(where, f"{unit.name} would have two ExecStart= lines, and systemd refuses to "
                      "load such a unit", "write a line `ExecStart=` without a value before yours, "
                      "which takes the first one away", rule="node-unit-exec-twice",
                      at=starts[0][0])


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
        pod = re.search(rb"image:\s*\S*kube-proxy[:@\s]", file.data)
        if file.path.startswith("/etc/kubernetes/manifests/") and pod:
            yield _second(in_bytes(index, file, pod.start()), f"the static pod of {file.path}")
    for index, unit in enumerate(profile.os.units):
        starts = [at for at, line in _placed(unit.content or "", "ExecStart")
                  if _starts_kube_proxy(line)]
        if unit.name != _UNIT and starts:
            yield _second(Inside(path=("os", "units", index, "content"), at=starts[0]), unit.name)


def _starts_kube_proxy(line: str) -> bool:
    words = _words(line.lstrip("-@:+!"))
    return bool(words) and words[0].endswith("/kube-proxy") and not {
        "cleanup", "version", "write-config-to"} & set(_flags(words))


def _second(where: Inside, what: str) -> Problem:
    return Problem(**where, what=f"{what} is a second kube-proxy: each of the two deletes the "
                   "virtual servers that the other made, and their ports clash",
                   hint="remove it; the profile's own is the one that is proven",
                   rule="kube-proxy-second")
