"""The `os` section of a node that imagegen made: its facts name each thing, its files hold it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from imagegen.adopt.clock import servers_of
from imagegen.adopt.mirrors import MAX_MIRRORS, stanzas
from imagegen.adopt.notes import Notes
from imagegen.adopt.ours import Expect, Ours
from imagegen.adopt.proxies import environment_of, ours_of
from imagegen.adopt.repositories import key_paths, repositories
from imagegen.adopt.runtime import official, sandbox_image
from imagegen.adopt.tree import Files
from imagegen.knowledge.distributions import Release
from imagegen.knowledge.paths import mirror_key
from imagegen.plan.facts import Rule
from imagegen.plan.node_access import SUDOERS
from imagegen.plan.node_boot import KERNEL_ARGUMENTS
from imagegen.plan.node_files import UNIT_FOLDER
from imagegen.plan.node_mirrors import APT_SOURCES, DNF_REPOSITORIES
from imagegen.plan.node_network import no_proxy as all_direct
from imagegen.plan.node_runtime import CONTAINERD_CONFIG, CONTAINERD_UNIT, KUBELET_DROP_IN
from imagegen.plan.work_out import release_for
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Root, Swap
from imagegen.profile.node_network import Proxy


def os_of(ours: Ours, files: Files, profile: Profile, notes: Notes) -> dict[str, Any]:
    """Every field that left a trace; `profile` has the cluster already."""
    return {
        "sysctls": {expect["key"]: expect["value"] for rule, expect in ours.of("os.sysctls")
                    if rule is Rule.SYSCTL},
        "modules": [expect["name"] for rule, expect in ours.of("os.modules")
                    if rule is Rule.MODULE],
        "packages": [expect["name"] for _, expect in ours.of("os.packages")],
        "files": [file for _, expect in ours.of("os.files") for file in _file(files, expect)],
        "units": _units(ours, files),
        "users": [_user(files, expect) for expect in ours.by_rule(Rule.ACCOUNT)],
        "caCertificates": [{"name": name, "pem": files.whole(str(expect.get("path")))}
                           for name, expect in ours.by_name("file.ca.").items()],
        "proxy": _proxy(files, profile),
        "packageMirrors": _mirrors(files, release_for(profile)),
        "timeServers": servers_of(files, str(ours.by_name("file.").get("time", {}).get("path"))),
        "kernelArguments": _rows(files, KERNEL_ARGUMENTS),
        "swap": None if ours.by_name("swap.") else Swap.LEAVE.value,
        "root": Root.OVERLAY.value if ours.by_name("root.") else None,
        "containerd": _containerd(ours, files),
        "kubelet": _kubelet(ours, files, notes),
        "hooks": {when: _hooks(ours, files, when) for when in ("before", "after")},
    }


def _rows(files: Files, path: str) -> list[str]:
    return [line for line in (files.text(path) or "").splitlines() if line[:1] not in ("#", "")]


def _file(files: Files, expect: Expect) -> Iterator[dict[str, Any]]:
    path = str(expect.get("path", ""))
    data, mode = files.read(path), files.mode(path)
    if data is None:
        return
    owner = {key: expect[key] for key in ("owner", "group") if expect.get(key, "root") != "root"}
    yield {"path": path, **content_of(data), "mode": f"{0o644 if mode is None else mode:04o}",
            **owner}


def content_of(data: bytes) -> dict[str, str]:
    """A file's bytes as the profile holds them: text where they are."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return {"contentBase64": base64.b64encode(data).decode()}
    return {"content": text}


def _units(ours: Ours, files: Files) -> list[dict[str, Any]]:
    """Whole units, drop-ins and states of one unit stand together, in the facts' order."""
    found: dict[str, dict[str, Any]] = {}
    for rule, expect in ours.of("os.units"):
        if rule is Rule.UNIT:
            name = str(expect.get("name"))
            found.setdefault(name, {"name": name})["state"] = expect.get("state")
        elif rule is Rule.FILE:
            _unit_file(files, str(expect.get("path")), found)
    return [{key: unit[key] for key in ("name", "content", "dropIns", "state") if key in unit}
            for unit in found.values()]


def _unit_file(files: Files, path: str, found: dict[str, dict[str, Any]]) -> None:
    inside, text = path.removeprefix(f"{UNIT_FOLDER}/"), files.whole(path)
    name, slash, drop_in = inside.partition(".d/")
    unit = found.setdefault(name, {"name": name})
    if slash:
        piece = {"name": drop_in.removesuffix(".conf"), "content": text}
        unit.setdefault("dropIns", []).append(piece)
    else:
        unit["content"] = text


def _user(files: Files, expect: Expect) -> dict[str, Any]:
    name, keys = expect.get("name"), expect.get("keys")
    return {"name": name, "sshKeys": _rows(files, str(keys)) if keys else [],
            "groups": expect.get("groups"), "shell": expect.get("shell"),
            "sudo": files.read(f"{SUDOERS}/imagegen-{name}") is not None}


def _proxy(files: Files, profile: Profile) -> dict[str, Any]:
    """The node's drop-in lets the cluster past as well, which no profile says."""
    found = ours_of(files)
    listed = found.pop("noProxy", [])
    for count in range(len(listed) + 1):
        try:
            proxy = Proxy.model_validate({**found, "noProxy": listed[:count]})
        except ValueError:
            break
        if all_direct(profile, proxy) == listed:
            return {**found, "noProxy": listed[:count]}
    return {**found, "noProxy": listed} if found else {}


def _mirrors(files: Files, release: Release) -> list[dict[str, Any]]:
    apts = stanzas(files.text(APT_SOURCES) or "")
    dnfs = repositories(DNF_REPOSITORIES, files.text(DNF_REPOSITORIES) or "")
    return [*({**source.mirror(), **_key(files, source.signed_by, release)} for source in apts),
            *({"url": one.settings["baseurl"], **_key(files, key_paths(one)[0], release)}
              for one in dnfs)]


def _key(files: Files, path: str, release: Release) -> dict[str, Any]:
    if path in (mirror_key(release.manager, number) for number in range(MAX_MIRRORS)):
        return {"key": files.whole(path)}
    return {} if path == release.archive_key else {"signedBy": path}


def _containerd(ours: Ours, files: Files) -> dict[str, Any] | None:
    if CONTAINERD_UNIT not in ours.by_name("unit."):
        return None
    package = next((expect["name"] for _, expect in ours.of("os.containerd")), "containerd")
    image = sandbox_image(files.text(CONTAINERD_CONFIG) or "")
    return {"package": package, **({"sandboxImage": image} if image else {})}


def _kubelet(ours: Ours, files: Files, notes: Notes) -> dict[str, Any] | None:
    expect = ours.by_name("binary.").get("kubelet")
    if expect is None:
        return None
    notes.add("the image does not say where its kubelet came from; the profile names Kubernetes's "
              "own download of that version, and the sha256 that the old one had", "os", "kubelet")
    flags = environment_of(files.text(KUBELET_DROP_IN) or "")
    places = {"program": expect.get("path"),
              "kubeconfig": _flag(flags, "KUBELET_KUBECONFIG_ARGS", "--kubeconfig"),
              "configFile": _flag(flags, "KUBELET_CONFIG_ARGS", "--config")}
    return {**official("kubelet", expect), **{key: value for key, value in places.items() if value}}


def _flag(values: Mapping[str, str], name: str, flag: str) -> str | None:
    words = (word.partition("=") for word in values.get(name, "").split())
    return next((value for key, _, value in words if key == flag), None)


def _hooks(ours: Ours, files: Files, when: str) -> list[dict[str, Any]]:
    paths = [str(expect.get("path", "")) for _, expect in ours.of("os.hooks")]
    return [{"name": path.rpartition("/")[2][4:], "script": files.whole(path)}
            for path in paths if f"/hooks/{when}/" in path]
