"""R10 to R12: a part's values, judged as the real cloud-init judges them.

Its schema of 26.2 is asked about a wrong value in every place, and the modules of 20.4, 22.4, 25.1
and 26.2 about what YAML makes of people's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from imagegen.knowledge.cloud_config import HEEDED
from imagegen.knowledge.cloud_config_values import SHAPES, SINCE, Shape
from imagegen.knowledge.distributions import RELEASES
from imagegen.profile.cloud_init import CloudInit, Part, PartKind
from imagegen.profile.lints import lint
from imagegen.profile.model import Profile
from imagegen.profile.problem import Severity
from tests.profile.cases import ROCKY, node_file, rendering, rules
from tests.profiles import changed, parsed
from tests.tools.cloudinit import VERSIONS, done_by, library, schema

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHEF3r8lglhwYP75Bb+AFc/MwlzopJ3El2x7GU/SfOeL"
VALUES = ("no", "7", "1.5", "2026-01-01", "~", "zzz", "[]", "{}", "{a: b}", "[[1]]", "[true]",
          "'no'", "0644")
# read by the lints of write_files and of commands, which have rules of their own
OURS = {"write_files.[].path", "write_files.[].permissions"}


def part(text: str) -> dict[str, Any]:
    return {"cloudInit.parts": [{"name": "50-x.cfg", "kind": "cloud-config", "content": text}]}


def places(shape: Shape, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every place of a shape, `[]` for a list's item and `x` for any key."""
    yield path
    if shape.items:
        yield from places(shape.items, (*path, "[]"))
    for key, inner in (shape.keys or {}).items():
        yield from places(inner, (*path, key))
    if shape.values and len(path) < 4:
        yield from places(shape.values, (*path, "x"))


ALL = [place for key, shape in SHAPES.items() for place in places(shape, (key,))]


def document(place: tuple[str, ...], value: str) -> str:
    """A document with a value at a place, and what the schema wants beside it."""
    text = value
    for number in range(len(place) - 1, -1, -1):
        step = place[number]
        text = (f"[{text}]" if step == "[]"
                else f"{{{_beside(place[:number], step)}{step}: {text}}}")
    return text


def _beside(path: tuple[str, ...], step: str) -> str:
    if path[:1] == ("write_files",) and len(path) == 2 and step != "path":
        return "path: /srv/x, "
    user = path[:1] in (("user",), ("users",)) and (len(path) == 2 or path == ("user",))
    if user and step not in ("name", "snapuser") and path[-1:] != ("x",):
        return "name: ops, "
    if path == ("chpasswd", "users", "[]"):
        return ("type: RANDOM, " if step == "name" else "name: ops, password: x, "
                if step != "password" else "name: ops, ")
    return "uri: 'http://x', " if path[-1:] == ("source",) and step != "uri" else ""


@cache
def validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(schema("26.2"))


def refused(text: str) -> bool:
    """By the real schema; a date and its like are no JSON, and cloud-init's is told so."""
    return not validator().is_valid(yaml.safe_load(text))


def mine(text: str) -> set[str]:
    """Errors alone."""
    own = Part(name="50-x.cfg", kind=PartKind.CLOUD_CONFIG, content=text)
    profile = _base().model_copy(update={"cloud_init": CloudInit(parts=(own,))})
    return {problem.rule for problem in lint(profile) if problem.severity is Severity.ERROR}


@cache
def _base() -> Profile:
    return parsed(changed({}))


# the schema refuses these, and the modules take them (`str(field)`, cc_mounts.py; util.shellify;
# ug_util.py; sshd's own words for yes)
TAKEN = {("mounts.[].[]", "7"), ("mounts.[].[]", "1.5"), ("mount_default_fields.[]", "7"),
         ("mount_default_fields.[]", "1.5"), ("runcmd.[].[]", "7"), ("runcmd.[].[]", "1.5"),
         ("bootcmd.[].[]", "7"), ("bootcmd.[].[]", "1.5"), ("bootcmd.[]", "~"),
         ("bootcmd", "[[1]]"), ("runcmd", "[[1]]"), ("mounts", "[[1]]"), ("runcmd.[]", "[1]")}
# its words for a partition stand beside any number (cc_disk_setup.py, mkfs)
PARTITION = "fs_setup.[].partition"


def test_a_place_for_every_heeded_key() -> None:
    assert set(SHAPES) == HEEDED
    assert len(ALL) > 120


@pytest.mark.parametrize("key", sorted(SHAPES))
def test_what_the_real_schema_refuses_is_refused(key: str) -> None:
    lost, asked = [], 0
    for place in (place for place in ALL if place[0] == key):
        name = ".".join(place)
        for value in VALUES:
            text = document(place, value)
            asked += refused(text)
            if refused(text) and not mine(text) and (name, value) not in TAKEN and (
                    name != PARTITION) and not (
                    _at_least_one(name, value)):
                lost.append((name, value, text))
    assert lost == []
    assert asked


def _at_least_one(name: str, value: str) -> bool:
    """An empty list, a mapping without its name: the schema wants one, and nothing is lost."""
    return value in ("[]", "{}") and name not in OURS


# --- the modules -------------------------------------------------------------------------------

# what people write where cloud-init wants text
WORDS = ("no", "yes", "on", "off", "true", "~", "", "7", "0644", "1_000", "1.5", "1e3", ".inf",
         "2026-01-01", "2026-01-01 10:00:00", "0x1F", "190:20:30", "'no'", "x", "!!binary eA==",
         "[a]", "{a: b}")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_real_write_files_stops_at(version: str, tmp_path: Path) -> None:
    """Where it stops, or writes other words than those that stand there, check refuses it."""
    texts = [f"write_files: [{{path: /{key}, content: x, {key}: {word}}}]" if key != "content" else
             f"write_files: [{{path: /{key}, content: {word}}}]"
             for key in ("content", "owner", "encoding") for word in WORDS]
    answers = done_by(version, texts, tmp_path)
    stopped = [text for text, answer in zip(texts, answers, strict=True) if "stopped" in answer]
    assert len(stopped) > 10
    assert [text for text in stopped if not mine(text)] == []
    good = [text for text in texts if not mine(text)]
    assert "write_files: [{path: /content, content: 'no'}]" in good
    assert [text for text in good if text in stopped] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_real_shellify_makes_of_words(version: str, tmp_path: Path) -> None:
    words = [word for word in WORDS if not word.startswith(("'", "!!", "[", "{"))]
    texts = [*(f"runcmd: [[echo, {word}]]" for word in words if word),
             *(f"runcmd: [{word}]" for word in words if word)]
    answers = done_by(version, texts, tmp_path)
    other = [text for text, answer in zip(texts, answers, strict=True) if _misread(text, answer)]
    assert len(other) > 8
    assert [text for text in other if not mine(text)] == []


def _misread(text: str, answer: dict[str, Any]) -> bool:
    """A list's words come in single quotes; a null alone is nothing (a comment) from 21.4 on."""
    word = text.removeprefix("runcmd: [").removesuffix("]")
    if "stopped" in answer:
        return word != "~"
    if word.startswith("[echo, "):
        return f"'{word.removeprefix('[echo, ').removesuffix(']')}'" not in answer["script"]
    return False


@pytest.mark.parametrize("version", VERSIONS)
def test_the_accounts_that_the_real_one_sees(version: str, tmp_path: Path) -> None:
    """`user` becomes the default user, which users need not name."""
    texts = ["{users: [{name: ops}], user: admin}", "{users: [{name: ops}]}",
             "{users: [ops, default]}", "{users: {ops: {}, dev: true, no: {}}}", "{users: [5]}"]
    answers = done_by(version, texts, tmp_path)
    assert [answer.get("users") for answer in answers[:3]] == [
        ["debian", "ops"] if version == "never" else answers[0]["users"], ["ops"],
        ["debian", "ops"]]
    assert len(answers[0]["users"]) == 2
    assert "stopped" in answers[4] and mine(texts[4]) == {"cloud-init-value"}


# --- what each release's cloud-init has ----------------------------------------------------------

@pytest.mark.parametrize(("name", "text"), [
    ("write_files.defer", "write_files: [{path: /srv/x, content: a, defer: true}]"),
    ("write_files.source", "write_files: [{path: /srv/x, source: {uri: 'http://x'}}]"),
    ("ca_certs", "ca_certs: {trusted: [x]}"), ("ssh_quiet_keygen", "ssh_quiet_keygen: true"),
    ("chpasswd.users", "chpasswd: {users: [{name: root, type: RANDOM}]}"),
    ("users.doas", "users: [{name: ops, shell: /bin/false, doas: [x]}]"),
    ("user.doas", "user: {name: ops, doas: [x]}")])
def test_a_key_before_its_time(name: str, text: str) -> None:
    assert name in SINCE
    newest = {"os.distribution": "debian", "os.release": "13"}
    assert "cloud-init-key-version" in rules({**part(text), "os.release": "11"})
    assert "cloud-init-key-version" not in rules({**part(text), **newest})


def test_since_is_what_the_real_sources_say() -> None:
    """What a version lacks is not in its module; what it has is."""
    words = {"write_files.defer": ("write_files", '"defer"'),
             "ca_certs": ("ca_certs", '"ca_certs"'),
             "write_files.source": ("write_files", '"source"'),
             "ssh_quiet_keygen": ("ssh", "ssh_quiet_keygen"),
             "chpasswd.users": ("set_passwords", '"users"')}
    for name, (module, word) in words.items():
        for version in VERSIONS:
            text = (library(version) / f"cloudinit/config/cc_{module}.py").read_text()
            known = tuple(map(int, version.split("."))) >= SINCE[name]
            quoted = word.replace('"', "'")
            has = word in text or (quoted in text and quoted != word)
            assert has is known, (name, version)


DEFERRED = "write_files: [{path: /srv/x, content: a, owner: ops, defer: true}]"


def test_r11_a_deferred_file_is_written() -> None:
    """The baked node runs the module where a part defers, and the release has it."""
    config = yaml.safe_load(node_file(rendering(part(DEFERRED)),
                                      "etc/cloud/cloud.cfg.d/90-imagegen.cfg"))
    assert config["cloud_final_modules"][0] == "write-files-deferred"
    plain = yaml.safe_load(node_file(rendering(part(DEFERRED.replace("true", "false").replace(
        "ops", "root"))), "etc/cloud/cloud.cfg.d/90-imagegen.cfg"))
    assert "write-files-deferred" not in plain["cloud_final_modules"]
    assert (library("22.4") / "cloudinit/config/cc_write_files_deferred.py").is_file()


def test_r11_where_the_release_cannot_it_is_refused() -> None:
    assert not (library("20.4") / "cloudinit/config/cc_write_files_deferred.py").exists()
    assert rules({**part(DEFERRED), "os.release": "11"}) == ["cloud-init-key-version"]
    early = {**part(DEFERRED.replace(", defer: true", "")), "os.release": "11"}
    assert rules(early) == ["cloud-init-effect"]


def test_a_null_command_by_version() -> None:
    text = "runcmd: [a, ~]"
    assert rules({**part(text), "os.release": "11"}) == ["cloud-init-effect"]
    assert rules(part(text)) == []


def test_every_release_s_version_can_be_compared() -> None:
    assert all(release.cloud_init is None or release.cloud_init.count(".") == 1
               for release in RELEASES.values())


# --- accounts and files, as os.users and os.files ------------------------------------------------

@pytest.mark.parametrize(("text", "told"), [
    ("users: [{name: ops}]", ["node-user-no-key"]), ("users: [ops]", ["node-user-no-key"]),
    ("users: ops", ["node-user-no-key"]), ("users: {ops: {}}", []),
    ("users: {ops: {gecos: x}}", ["node-user-no-key"]), ("users: [default]", []),
    (f"users: [{{name: ops, ssh_authorized_keys: ['{KEY}']}}]", []),
    (f"users: [{{name: ops, ssh-authorized-keys: ['{KEY}']}}]", []),
    (f"users: [{{name: root, ssh_authorized_keys: ['{KEY}']}}]", []),
    ("users: [{name: ops, ssh_import_id: ['gh:ops']}]", []),
    ("users: [{name: ops, hashed_passwd: $6$x, lock_passwd: false}]", []),
    ("users: [{name: ops, hashed_passwd: $6$x}]", ["node-user-no-key"]),
    ("users: [{name: ops, shell: /usr/sbin/nologin}]", []),
    ("users: [{name: svc, system: true}]", []),
    ("users: [{name: ops, shell: /bin/zsh, ssh_import_id: ['gh:ops']}]", ["node-user-shell"]),
    ("users: [{name: Ops, ssh_import_id: ['gh:ops']}]", ["account-form"]),
    ("users: [{name: '5', ssh_import_id: ['gh:ops']}]", ["account-form"]),
    ("users: [{name: adm, ssh_import_id: ['gh:ops']}]", ["node-user-system"]),
    ("users: [{name: ops, ssh_authorized_keys: [x]}]", ["node-ssh-key"]),
    (f"users: [{{name: ops, ssh_authorized_keys: ['{KEY}', '{KEY}']}}]", ["node-user-key-twice"]),
    ("users: [{name: ops, ssh_import_id: [a]}, {name: ops, ssh_import_id: [b]}]",
     ["node-user-twice"]),
    (f"{{users: [{{name: ops, ssh_authorized_keys: ['{KEY}']}}], user: x}}",
     ["cloud-init-default-user"]),
    (f"{{users: [default], ssh_authorized_keys: ['{KEY}']}}", []),
    (f"{{users: [{{name: a, shell: /bin/false}}], ssh_authorized_keys: ['{KEY}']}}",
     ["cloud-init-default-user"]),
    ("ssh_authorized_keys: [ssh-rsa]", ["node-ssh-key"]), ("password: x", ["secret-password"]),
    ("users: [{name: ops, plain_text_passwd: x, lock_passwd: false}]", ["secret-password"]),
    (f"users: [{{name: ops, system: true, ssh_authorized_keys: ['{KEY}']}}]",
     ["cloud-init-effect"])])
def test_r12_accounts_of_a_part(text: str, told: list[str]) -> None:
    assert sorted(rules(part(text))) == sorted(told)


def test_an_account_of_the_profile_s_own_and_a_part_s() -> None:
    text = "users: [{name: deploy, ssh_import_id: [a]}]"
    own = {"os.users": [{"name": "deploy", "shell": "/usr/sbin/nologin"}]}
    assert rules({**part(text), **own}) == ["node-user-twice"]


@pytest.mark.parametrize(("entry", "told"), [
    ("path: /etc/sysctl.d/99-x, content: 'a=1'", "node-file-unread"),
    ("path: /etc/hostid, content: a", "path-of-one-node"),
    ("path: /etc/shadow, content: a", "path-of-system"),
    ("path: /etc/modprobe.d/x.conf, content: blacklist ip_vs", "node-module-kept-out"),
    ("path: /srv/x, content: '-----BEGIN PRIVATE KEY-----'", "secret-private-key"),
    ("path: /srv/x, encoding: b64, content: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t",
     "secret-private-key"),
    ("path: /usr/local/bin/x, content: '#!/bin/sh'", "node-file-script"),
    ("path: /etc/fstab, content: /dev/sdb none swap sw 0 0", "node-swap")])
def test_files_of_a_part_are_judged_as_os_files(entry: str, told: str) -> None:
    assert rules(part(f"write_files: [{{{entry}}}]")) == [told]
    as_field = dict(yaml.safe_load(f"{{{entry}}}"))
    if as_field.pop("encoding", None):
        as_field["contentBase64"] = as_field.pop("content")
    assert rules({"os.files": [as_field]}) == [told]


def test_old_sshd_finds_a_part_s_keys() -> None:
    """cloud-init puts them into the account's home."""
    text = f"users: [{{name: ops, ssh_authorized_keys: ['{KEY}']}}]"
    assert rules({**part(text), **ROCKY, "os.release": "8"}) == []
