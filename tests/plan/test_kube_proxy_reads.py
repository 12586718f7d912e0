"""The real kube-proxy reads back what we tell it: a configuration file, or flags."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.bake.kube import KubeProgram, kube_binary
from imagegen.common.progress import Silent
from imagegen.common.run import Done, run
from imagegen.knowledge.kubernetes import ANY_SCHEDULER_FROM, OLD_SCHEDULERS, Mode, Version
from imagegen.knowledge.kubernetes_fields import BY_PATH, FIELDS, missing
from imagegen.knowledge.modules import Scheduler
from imagegen.plan.kubeproxy import UNIT_PATH
from imagegen.profile.check import check_bytes
from imagegen.profile.fields import seconds
from imagegen.render.render import render
from tests.plan.kube_proxy_configs import nested, whole
from tests.profiles import as_yaml, changed, document, parsed, rendered

USUAL, NEWEST = "1.34.4", "1.37.2"
# the newest is minutes of compiling for a machine that has none of it
MODERN = (USUAL, pytest.param(NEWEST, marks=pytest.mark.wide))
OLD = "1.20.2"
DURATION = re.compile(r"([0-9.]+(h|ms|m|s))+")


def program(version: str) -> str:
    return str(kube_binary(KubeProgram.PROXY, version, Silent()))


def read_back(version: str, config: bytes, folder: Path) -> dict[str, Any]:
    """What kube-proxy made of a configuration file."""
    (folder / "config.yaml").write_bytes(config)
    run([program(version), f"--config={folder}/config.yaml",
         f"--write-config-to={folder}/out.yaml"], timeout=60)
    written: dict[str, Any] = yaml.safe_load((folder / "out.yaml").read_text())
    return written


def differences(given: dict[str, Any], read: dict[str, Any], where: str = "") -> list[str]:
    """Where the two differ; durations by their length, since kube-proxy spells them its own way."""
    found: list[str] = []
    for key, value in given.items():
        if isinstance(value, dict):
            found += differences(value, read.get(key) or {}, f"{where}{key}.")
        elif _plain(value) != _plain(read.get(key)):
            found.append(f"{where}{key}: {value!r} became {read.get(key)!r}")
    return found


def _plain(value: object) -> object:
    is_duration = isinstance(value, str) and DURATION.fullmatch(value)
    return seconds(str(value)) if is_duration else value


@pytest.mark.parametrize("version", MODERN)
def test_the_quickstarts_configuration_is_read_as_given(version: str, tmp_path: Path) -> None:
    data = rendered("quickstart").tree.files["node/etc/kubernetes/kube-proxy.yaml"].data
    given = yaml.safe_load(data)
    assert given["mode"] == "ipvs"
    assert differences(given, read_back(version, data, tmp_path)) == []


def test_a_field_that_kube_proxy_does_not_know_is_seen_to_be_lost(tmp_path: Path) -> None:
    """It only logs unknown fields: the comparison is what finds them."""
    given = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
             "ipvs": {"schedular": "wlc"}}
    read = read_back(USUAL, yaml.safe_dump(given).encode(), tmp_path)
    assert differences(given, read) == ["ipvs.schedular: 'wlc' became None"]


def unit_command(unit: str, environment: dict[str, str]) -> list[str]:
    """ExecStart= as systemd splits it: continued lines, quotes, ${NAME} as one word."""
    joined = unit.replace("\\\n", " ")
    line = re.search(r"^ExecStart=(.*)$", joined, re.M)
    assert line
    words = shlex.split(line[1])
    return [re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word) for word in words]


def environment_of(files: dict[str, bytes]) -> dict[str, str]:
    """The unit's EnvironmentFile=s, the later one's values winning."""
    rows = b"".join(files.values()).decode().splitlines()
    return dict(row.split("=", 1) for row in rows if row and not row.startswith("#"))


def flags_read_back(argv: list[str], folder: Path) -> tuple[Done, dict[str, str]]:
    """What 1.20 says of its flags at --v=2; it ends at the kubeconfig that is not there."""
    own = [program(OLD), *(word for word in argv[1:] if not word.startswith("--kubeconfig="))]
    done = run([*own, f"--kubeconfig={folder}/none"], check=False, timeout=60)
    return done, dict(re.findall(r'FLAG: --([a-z0-9-]+)="(.*)"$', done.output, re.M))


def test_the_recipes_flags_are_read_as_given(tmp_path: Path) -> None:
    files = rendered("recipe").tree.files
    environment = environment_of({
        "defaults": files["node/usr/lib/imagegen/node.env"].data,
        "seed": b"NODE_NAME=192.168.1.145\nNODE_ADDRESS=192.168.1.145\n"})
    argv = unit_command(files[f"node{UNIT_PATH}"].data.decode(), environment)
    done, read = flags_read_back(argv, tmp_path)
    assert "no such file or directory" in done.output.splitlines()[-1]
    given = dict(word.removeprefix("--").split("=", 1) for word in argv[1:])
    del given["kubeconfig"]
    assert given["hostname-override"] == given["bind-address"] == "192.168.1.145"
    assert {name: read[name] for name in given} == given


def test_every_flag_is_known_and_read_as_given(tmp_path: Path) -> None:
    known = [f for f in FIELDS if f.flag and not missing(f, Version.parse(OLD))]
    config = {path: value for path, value in whole(OLD, Mode.IPVS).items()
              if BY_PATH[path] in known}
    recipe = document("recipe")
    recipe["kubeProxy"]["config"] = nested({**config, "nodePortAddresses": ["192.0.2.0/24"]})
    unit = render(parsed(recipe)).tree.files[f"node{UNIT_PATH}"].data.decode()
    argv = unit_command(unit, {"NODE_NAME": "n1", "NODE_ADDRESS": "192.0.2.1"})
    done, read = flags_read_back(argv, tmp_path)
    assert "unknown flag" not in done.output
    assert "no such file or directory" in done.output.splitlines()[-1]
    given = dict(word.removeprefix("--").split("=", 1) for word in argv[1:])
    assert {field.flag for field in known} <= set(given)
    for field in known:
        assert _plain(_unlisted(read[field.flag])) == _plain(given[field.flag]), field.path


def _unlisted(text: str) -> str:
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def test_the_iptables_sync_period_is_lost_in_ipvs_mode(tmp_path: Path) -> None:
    """Why the profile warns of it: a setting that is ignored in silence is a bug."""
    given = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
             "mode": "ipvs", "iptables": {"syncPeriod": "32s"}}
    read = read_back(USUAL, yaml.safe_dump(given).encode(), tmp_path)
    assert differences(given, read) == ["iptables.syncPeriod: '32s' became '0s'"]
    asked = changed({"kubeProxy.config.iptables.syncPeriod": "32s"})
    checked = check_bytes("p.yaml", as_yaml(asked))
    assert [found.rule for found in checked.warnings] == ["kube-proxy-field-no-effect"]


def test_a_flag_that_kube_proxy_does_not_know_stops_it(tmp_path: Path) -> None:
    done, _ = flags_read_back(["", "--proxy-modes=ipvs"], tmp_path)
    assert "unknown flag: --proxy-modes" in done.output


def test_klogs_flags_stop_a_modern_kube_proxy() -> None:
    """Why the flags form ends with 1.25, and why the profile refuses it from 1.26 on."""
    done = run([program(USUAL), "--proxy-mode=ipvs", "--logtostderr=true"], check=False,
               timeout=60)
    assert done.code != 0
    assert "unknown flag: --logtostderr" in done.output


@pytest.mark.parametrize("scheduler", list(Scheduler))
def test_old_versions_take_the_schedulers_that_the_table_says(scheduler: Scheduler,
                                                              tmp_path: Path) -> None:
    done, _ = flags_read_back(["", "--proxy-mode=ipvs", f"--ipvs-scheduler={scheduler}"], tmp_path)
    refused = "failed validate" in done.output
    assert refused == (scheduler.value not in OLD_SCHEDULERS), done.output[-600:]
    assert Version.parse(OLD) < ANY_SCHEDULER_FROM
