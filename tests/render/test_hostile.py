"""A hostile value arrives byte for byte, as the real readers see it, or it is refused in words."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagegen.common.errors import InputError
from imagegen.plan.kernel import MODULES_LOAD, SYSCTLS
from imagegen.plan.kubeproxy import UNIT_PATH, config_document
from imagegen.render.render import Rendering, render
from imagegen.render.seed import NodeData, SeedFile, node_user_data
from tests.hostile import VALUES, texts
from tests.profiles import changed, parsed
from tests.render import parsers

SLOW = settings(max_examples=25, deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
QUICK = settings(SLOW, max_examples=80)


def files_of(rendering: Rendering, path: str) -> bytes:
    return rendering.tree.files[f"node{path}"].data


def arrives(changes: dict[str, Any], seen: Callable[[Rendering], object], expected: object) -> bool:
    """Whether the profile was taken; then the value has arrived. Only InputError may refuse."""
    try:
        profile = parsed(changed(changes))
    except InputError as error:
        assert str(error).startswith("error[") and "p.yaml:" in str(error)
        assert all(char.isprintable() or char == "\n" for char in str(error))
        return False
    assert seen(render(profile)) == expected
    return True


def test_the_description_reaches_a_shell_and_the_manifest(tmp_path: Path) -> None:
    def seen(rendering: Rendering) -> object:
        manifest = json.loads(rendering.tree.files["manifest.json"].data)
        return manifest["description"], parsers.shell_variable(
            files_of(rendering, "/etc/imagegen-release"), "DESCRIPTION", tmp_path)

    taken = {value for value in VALUES
             if arrives({"metadata.description": value}, seen, (value, value.encode()))}
    assert set(VALUES) - taken == {v for v in VALUES if any(
        ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" for c in v)}
    assert [path.name for path in tmp_path.iterdir()] == ["sourced"]


@SLOW
@given(texts())
def test_any_description_reaches_a_shell(value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        arrives({"metadata.description": value}, lambda r: parsers.shell_variable(
            files_of(r, "/etc/imagegen-release"), "DESCRIPTION", Path(folder)), value.encode())


def both(rendering: Rendering) -> list[dict[str, tuple[bytes, int]]]:
    """The user's files as Packer's tar and cloud-init's archive carry them."""
    files = rendering.tree.files
    found = (parsers.tar_files(files["packer/node.tar"].data),
             parsers.full_files(files["cloud-init/full/user-data"].data))
    return [{path: entry for path, entry in tree.items() if path.startswith("/own/")}
            for tree in found]


def test_every_files_content_arrives() -> None:
    files = [{"path": f"/own/{n}", "content": value, "mode": "0600"}
             for n, value in enumerate(VALUES)]
    expected = {f"/own/{n}": (value.encode(), 0o600) for n, value in enumerate(VALUES)}
    assert arrives({"os.files": files}, both, [expected, expected])


@SLOW
@given(st.lists(texts(500), max_size=5))
def test_any_content_arrives(contents: list[str]) -> None:
    files = [{"path": f"/own/{n}", "content": text} for n, text in enumerate(contents)]
    expected = {f"/own/{n}": (text.encode(), 0o644) for n, text in enumerate(contents)}
    assert arrives({"os.files": files}, both, [expected, expected])


@QUICK
@given(st.one_of(texts(40), st.from_regex(r"\A[A-Za-z0-9/._@+-]{1,30}\Z")),
       st.one_of(st.sampled_from(["0644", "0755", "0000", "4755", "644", "0o644"]), texts(5)))
def test_any_path_and_mode_arrive_or_are_refused(path: str, mode: str) -> None:
    octal = len(mode) == 4 and mode.isascii() and all(digit in "01234567" for digit in mode)
    files = [{"path": f"/own/{path}", "content": "x", "mode": mode}]
    arrives({"os.files": files}, lambda r: [tree.get(f"/own/{path}") for tree in both(r)],
            [(b"x", int(mode, 8) if octal else None)] * 2)


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_a_sysctls_value_arrives_or_is_refused(number: int) -> None:
    value = VALUES[number]
    arrives({"os.sysctls": {"kernel.core_pattern": value}}, lambda r: parsers.sysctls(
        files_of(r, SYSCTLS))["kernel.core_pattern"], with_blanks(value))


def with_blanks(value: str) -> str:
    """A tab between numbers, as `sysctl` prints them, comes as a blank."""
    return value.replace("\t", " ")


@SLOW
@given(st.dictionaries(texts(30), texts(50), max_size=4))
def test_any_sysctls_arrive_or_are_refused(given_sysctls: dict[str, str]) -> None:
    def seen(rendering: Rendering) -> object:
        read = parsers.sysctls(files_of(rendering, SYSCTLS))
        return {key: read[key] for key in given_sysctls}

    arrives({"os.sysctls": given_sysctls}, seen,
            {key: with_blanks(value) for key, value in given_sysctls.items()})


@SLOW
@given(st.lists(st.one_of(texts(30), st.from_regex(r"\A[a-z0-9_-]{1,12}\Z")), max_size=4))
def test_any_names_arrive_or_are_refused(names: list[str]) -> None:
    arrives({"os.modules": names}, lambda r: {name.replace("-", "_") for name in names} <= set(
        parsers.modules(files_of(r, MODULES_LOAD))), True)
    arrives({"os.packages": names}, lambda r: set(names) <= set(
        files_of(r, "/usr/lib/imagegen/packages").decode().split("\n")), True)


NODE_PATHS = {
    "kubeProxy.kubeconfig": lambda r: parsers.unit(files_of(r, UNIT_PATH))["ConditionPathExists"],
    "kubeProxy.path": lambda r: parsers.command(files_of(r, UNIT_PATH))[:1],
    "kubeProxy.workingDirectory":
        lambda r: parsers.unit(files_of(r, UNIT_PATH))["WorkingDirectory"],
    "kubeProxy.configFile": lambda r: [word.removeprefix("--config=") for word in parsers.command(
        files_of(r, UNIT_PATH)) if word.startswith("--config=")],
}


@pytest.mark.parametrize("field", NODE_PATHS)
@SLOW
@given(value=st.one_of(texts(60), st.from_regex(r"\A(/[A-Za-z0-9._@+-]{1,12}){1,5}\Z")))
def test_a_path_of_the_node_arrives_or_is_refused(field: str, value: str) -> None:
    arrives({field: value}, NODE_PATHS[field], [value])


CONFIG = {
    "bindAddress": "192.0.2.1", "metricsBindAddress": "[::1]:1", "healthzBindAddress": "0.0.0.0:1",
    "clusterCIDR": "10.0.0.0/8,fd00::/8",
}


@pytest.mark.parametrize("field", CONFIG)
def test_the_examples_are_taken(field: str) -> None:
    assert arrives({f"kubeProxy.config.{field}": CONFIG[field]}, lambda r: yaml.safe_load(
        config_document(r.profile))[field], CONFIG[field])


@pytest.mark.parametrize("form", ["config", "flags"])
@pytest.mark.parametrize("field", CONFIG)
@QUICK
@given(data=st.data())
def test_an_address_arrives_or_is_refused(form: str, field: str, data: st.DataObject) -> None:
    """In the unit, too: a zone such as `%n` would be a specifier of systemd's."""
    hosts = st.one_of(st.ip_addresses().map(str), st.sampled_from(["fe80::1%eth0", "::1%n", "1"]))
    value = data.draw(st.one_of(texts(30), hosts, st.builds("{}:{}".format, hosts, texts(4)),
                                st.builds("{}/{}".format, hosts, texts(3))))
    version = "1.34.4" if form == "config" else "1.20.2"

    def seen(rendering: Rendering) -> object:
        if form == "flags":
            return any(word.endswith(f"={value}") for word in parsers.command(
                files_of(rendering, UNIT_PATH)))
        return yaml.safe_load(config_document(rendering.profile))[field] == value

    arrives({f"kubeProxy.config.{field}": value, "kubeProxy.version": version}, seen, True)


@pytest.mark.parametrize("field", ["serviceCIDR", "podCIDR", "nodePortRange", "apiServers"])
@QUICK
@given(value=texts(40))
def test_the_clusters_values_are_refused_in_words(field: str, value: str) -> None:
    asked: object = [value] if field == "apiServers" else value
    arrives({f"cluster.{field}": asked}, lambda r: r.profile.model_dump(by_alias=True)["cluster"][
        field], (value,) if field == "apiServers" else value)


@pytest.mark.parametrize("kind", ["path", "url"])
@pytest.mark.parametrize("section", ["image.base", "kubeProxy.binary"])
@SLOW
@given(value=st.one_of(texts(60), texts(30).map("https://example.org/{}".format)))
def test_where_a_file_comes_from_arrives_or_is_refused(kind: str, section: str, value: str) -> None:
    def seen(rendering: Rendering) -> object:
        if section == "image.base" and kind == "url":
            given = json.loads(rendering.tree.files["packer/node.auto.pkrvars.json"].data)
            assert not {"${", "%{", "{{"} & {value[i:i + 2] for i in range(len(value))}
            return given["base_image"]
        document = rendering.profile.model_dump(by_alias=True, mode="json")
        for part in section.split("."):
            document = document[part]
        return document[kind]

    arrives({section: {"from": kind, kind: value, "sha256": "a0" * 32}}, seen, value)


@QUICK
@given(name=texts(30), host=texts(20), address=texts(20), path=texts(30), text=texts(300),
       content=st.binary(max_size=300))
def test_a_nodes_own_values_arrive_or_are_refused(name: str, host: str, address: str, path: str,
                                                  text: str, content: bytes) -> None:
    own = {"name": name, "hostname": host, "address": address, "kubeconfig_path": f"/{path}"}
    for field, value in {**own, "none": ""}.items():
        asked: dict[str, Any] = {"name": "node-1", "kubeconfig": text,
                                 "files": (SeedFile("/own/x", content),)}
        try:
            node = NodeData(**{**asked, **({field: value} if field != "none" else {})})
        except InputError:
            assert field != "none"
            continue
        files = parsers.written_files(node_user_data(node))
        assert files[node.kubeconfig_path] == (text.encode(), 0o600)
        assert files["/own/x"] == (content, 0o644)
        rows = files["/etc/imagegen/node.env"][0].decode().split("\n")
        assert rows[0] == f"NODE_NAME={node.name}"
        assert rows[1:] == ([""] if node.address is None else [f"NODE_ADDRESS={address}", ""])
