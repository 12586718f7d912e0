"""kube-proxy's flags and configuration file to the profile's kubeProxy section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from imagegen.adopt.documents import documents
from imagegen.adopt.notes import Notes, Path
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import Launch
from imagegen.knowledge.kubernetes import RunBy
from imagegen.knowledge.kubernetes_fields import FLAG_OF
from imagegen.knowledge.kubernetes_flags import BESIDE_CONFIG, LOGGING
from imagegen.profile.kubeproxy import Config

_FIELD_OF = {flag: name for name, flag in FLAG_OF.items()}
# pflag's booleans take no word of their own: `--masquerade-all false` leaves it true
_SWITCHES = frozenset({"masquerade-all", "ipvs-strict-arp", "logtostderr", "alsologtostderr",
                       "cleanup", "cleanup-ipvs", "bind-address-hard-fail", "profiling",
                       "skip-headers", "skip-log-headers", "one-output", "add-dir-header",
                       "iptables-localhost-nodeports", "conntrack-tcp-be-liberal", "init-only",
                       "show-hidden-metrics", "windows-service", "log-flush", "help"})
_EMPTY: tuple[object, ...] = (None, "", [], {})
_FIELDS = {field.alias or name for name, field in Config.model_fields.items()} | {
    "apiVersion", "kind", "hostnameOverride"}
_OWN_NAME = ("hostname-override", "hostnameOverride")
_ANY_ADDRESS = ("0.0.0.0", "::")
_CONFIG: Path = ("kubeProxy", "config")


@dataclass(slots=True)
class Proxy:
    """What was found: the section's own values, and those of its `config`."""

    own: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    from_file: bool = False


@dataclass(frozen=True, slots=True)
class _Flag:
    name: str
    value: str
    raw: str


def adopted_proxy(launch: Launch, files: Files, notes: Notes, *, ours: bool) -> Proxy:
    """The kubeProxy section of a started kube-proxy; `ours` says that imagegen made the node."""
    flags = {flag.name: flag for flag in _flags(launch) if _plain(flag, launch, notes)}
    proxy = Proxy(own=_path(launch.words[0]))
    if launch.working_directory:
        proxy.own["workingDirectory"] = launch.working_directory
    if "config" in flags:
        _of_file(flags["config"].value, launch.given or launch.config or None, files, proxy, notes)
        _beside_config(flags, proxy.own["configFile"], notes)
    else:
        _of_flags(flags, proxy, notes)
    _verbosity(flags, proxy)
    if launch.config is not None:
        # the pod's paths are none of the node's
        proxy.own = {"runBy": RunBy.KUBEADM.value} if launch.daemon_set else {
            "verbosity": proxy.own["verbosity"]}
    _told(proxy, flags, notes, ours=ours)
    return proxy


def _path(program: str) -> dict[str, Any]:
    """kube-proxy's own path; hyperkube's is that of all of Kubernetes."""
    own = program.startswith("/") and "proxy" in program.rpartition("/")[2]
    return {"path": program} if own else {}


def _plain(flag: _Flag, launch: Launch, notes: Notes) -> bool:
    """Whether a flag's value stands there; what a shell would work out is known on a node only."""
    if not {"$", "`"} & {*flag.value}:
        return True
    if flag.name not in (_OWN_NAME[0], "bind-address", "v"):
        notes.add(f"{launch.unit}: --{flag.name}={flag.value} is worked out by a shell on the "
                  "node: not carried over, write what it is there", *_CONFIG)
    return False


def _flags(launch: Launch) -> Iterator[_Flag]:
    raws = {word.partition("=")[0]: word for word in launch.raw}
    rest = list(launch.words[1:])
    while rest:
        word = rest.pop(0)
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or not name:
            continue
        name = name.replace("_", "-")
        if not equals:
            takes = name not in _SWITCHES and rest and not rest[0].startswith("--")
            value = rest.pop(0) if takes else "true"
        yield _Flag(name, value, raws.get(word.partition("=")[0], word))


def _of_file(path: str, known: str | None, files: Files, proxy: Proxy, notes: Notes) -> None:
    proxy.from_file, proxy.own["configFile"] = True, path
    document = _document(known or files.text(path), path, notes)
    connection = document.pop("clientConnection", None)
    if isinstance(connection, dict):
        if kubeconfig := connection.pop("kubeconfig", None):
            proxy.own["kubeconfig"] = kubeconfig
        document["clientConnection"] = connection
    for name in document:
        if document[name] in _EMPTY and str(name) not in _FIELDS:
            notes.add(f"left out kubeProxy.config.{name}: kube-proxy has no such field, and it "
                      "says nothing there", *_CONFIG)
    proxy.config = {key: value for key, value in _set(document).items()
                    if key not in ("apiVersion", "kind")}


def _document(text: str | None, path: str, notes: Notes) -> dict[str, Any]:
    if text is None:
        notes.add(f"kube-proxy's configuration {path} is not among the files, so none of it is "
                  "carried over", *_CONFIG)
        return {}
    found = documents(text)
    if not found or not isinstance(found[0], dict):
        notes.add(f"{path} is not YAML that kube-proxy could read; none of it is carried over",
                  *_CONFIG)
        return {}
    if found[1:] and any(found[1:]):
        notes.add(f"{path} holds more than one document: kube-proxy reads the first alone, and so "
                  "does adopt", *_CONFIG)
    return dict(found[0])


def _set(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without null, empty texts, lists and mappings: they are kube-proxy's defaults."""
    inner = {key: _set(one) if isinstance(one, dict) else one for key, one in value.items()}
    return {str(key): one for key, one in inner.items() if one not in _EMPTY}


def _beside_config(flags: Mapping[str, _Flag], path: str, notes: Notes) -> None:
    """H08: with --config the file replaces them, whatever they say."""
    for flag in flags.values():
        if flag.name not in BESIDE_CONFIG | LOGGING:
            notes.add(f"--{flag.name}={flag.value} had no effect beside --config={path}: not "
                      f"carried over; set it under {_place(flag.name)} if it was meant", *_CONFIG)


def _place(flag: str) -> str:
    return f"kubeProxy.config.{_FIELD_OF[flag]}" if flag in _FIELD_OF else "kubeProxy.config"


def _of_flags(flags: Mapping[str, _Flag], proxy: Proxy, notes: Notes) -> None:
    for flag in flags.values():
        if flag.name in _FIELD_OF:
            *sections, last = _FIELD_OF[flag.name].split(".")
            place = proxy.config
            for section in sections:
                place = place.setdefault(section, {})
            place[last] = typed(_FIELD_OF[flag.name], flag.value)
        elif flag.name == "kubeconfig":
            proxy.own["kubeconfig"] = flag.value
        elif flag.name not in BESIDE_CONFIG | LOGGING:
            notes.add(f"--{flag.name}={flag.value} has no field in a profile: not carried over",
                      *_CONFIG)


def typed(name: str, text: str) -> Any:  # noqa: ANN401
    """A flag's value as the configuration's field has it; what does not fit stays text."""
    kinds = _kinds(_annotation(name))
    if tuple in kinds or list in kinds:
        return [part for part in text.split(",") if part]
    if dict in kinds:
        pairs = (part.partition("=") for part in text.split(",") if part)
        return {key: _scalar(value) for key, _, value in pairs}
    return _scalar(text) if {bool, int, float} & kinds else text


def _scalar(text: str) -> object:
    if text.lower() in ("true", "t", "1", "false", "f", "0") and not text.isdigit():
        return text.lower() in ("true", "t")
    return int(text) if text.lstrip("-").isdigit() and text.isascii() and len(text) < 19 else text


def _annotation(name: str) -> object:
    model: object = Config
    for part in name.split("."):
        section = next((one for one in [model, *_parts(model)]
                        if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if section is None:
            return str
        fields = {f.alias or key: f for key, f in section.model_fields.items()}
        model = fields[part].annotation if part in fields else str
    return model


def _parts(annotation: object) -> tuple[object, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType, Annotated) else ()


def _kinds(annotation: object) -> set[object]:
    inner = {kind for part in _parts(annotation) for kind in _kinds(part)}
    return inner or {get_origin(annotation) or annotation}


def _verbosity(flags: Mapping[str, _Flag], proxy: Proxy) -> None:
    # klog's own default is 0; imagegen's is 2, so silence is said
    given = flags["v"].value if "v" in flags else "0"
    proxy.own["verbosity"] = int(given) if given.isdigit() and len(given) < 4 else 0


def _told(proxy: Proxy, flags: Mapping[str, _Flag], notes: Notes, *, ours: bool) -> None:
    """What one node has of its own, and what was not as its owner thought."""
    if proxy.config.pop(_OWN_NAME[1], None):
        notes.add("hostnameOverride is one node's own: it comes with the node's seed", *_CONFIG)
    _bind_address(proxy, flags, notes, ours=ours)
    _mode(proxy, notes)
    logs = [flag.name for flag in flags.values() if flag.name in ("log-dir", "log-file")]
    if logs:
        notes.add(f"--{logs[0]}={flags[logs[0]].value} is not carried over: imagegen's kube-proxy "
                  "logs to the journal", "kubeProxy")


def _bind_address(proxy: Proxy, flags: Mapping[str, _Flag], notes: Notes, *, ours: bool) -> None:
    address = proxy.config.get("bindAddress")
    raw = flags["bind-address"].raw if "bind-address" in flags else ""
    if ours and not (not proxy.from_file and "${NODE_ADDRESS}" in raw):
        return
    if address is None or (address in _ANY_ADDRESS and proxy.from_file):
        return
    del proxy.config["bindAddress"]
    if not ours:
        notes.add(f"bindAddress {address} is one node's own: it comes with the node's seed",
                  *_CONFIG)


def _mode(proxy: Proxy, notes: Notes) -> None:
    """`mode:` without a value is no mode; kube-proxy took its default (H08)."""
    mode = proxy.config.get("mode")
    if mode is None:
        notes.add("the old node was not in IPVS mode: nothing that counts says `mode: ipvs`, so "
                  "kube-proxy ran its default mode. The profile asks for ipvs", *_CONFIG)
    elif mode == "iptables":
        del proxy.config["mode"]
        notes.add("the old node was in iptables mode; the profile asks for ipvs", *_CONFIG)


def kept_zero(value: object) -> bool:
    """Whether a value is only kube-proxy's zero, as kubeadm writes every field out."""
    return value in (0, False, "0s", "", None, [], {})
