"""The gate's units as systemd takes them, its script as a shell runs it, and its rule as the
node-readiness-controller's own schema wants it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from imagegen.knowledge.distributions import Manager, Release
from imagegen.knowledge.motd import motd_of
from imagegen.plan.gate import GATE_DROP_IN, GATE_LIMIT, GATE_UNIT_PATH
from imagegen.plan.node_runtime import KUBELET_DROP_IN
from imagegen.profile.model import Profile
from imagegen.render.render import Rendering, render
from tests.distributions import ALL, NAMES, PINNED, changes
from tests.profiles import changed, parsed
from tests.render.parsers import unit
from tests.render.unit_root import unit_root, verified

DATA = Path(__file__).parent / "data"
KUBELET = {"version": "1.34.4", **PINNED}


def gated(gate: str, release: Release = ALL[1], **more: Any) -> Rendering:
    profile: Profile = parsed(changed({**changes(release), "os.kubelet": KUBELET,
                                       "check.gate": gate, **more}))
    return render(profile)


def words(rendering: Rendering, path: str) -> dict[str, list[str]]:
    return unit(rendering.node.files[path[1:]].data)


@pytest.mark.parametrize("release", ALL, ids=NAMES)
def test_systemd_takes_the_gate(release: Release, tmp_path: Path) -> None:
    root = unit_root(gated("kubelet", release), tmp_path)
    done = verified(root, "kubelet.service", "imagegen-gate.service", "multi-user.target")
    assert (done.code, done.output) == (0, "")


def test_systemd_says_what_a_gate_of_a_typo_is(tmp_path: Path) -> None:
    """So that silence above means something."""
    root = unit_root(gated("kubelet"), tmp_path)
    path = root / GATE_UNIT_PATH[1:]
    path.write_text(path.read_text().replace("oneshot", "onshot"))
    assert "onshot" in verified(root, "kubelet.service", "imagegen-gate.service").output


def test_the_kubelet_comes_after_the_gate_and_the_boot_waits_for_neither() -> None:
    drop_in = words(gated("kubelet"), GATE_DROP_IN)
    assert "imagegen-gate.service" in drop_in["After"]
    assert drop_in["DefaultDependencies"] == ["no"]
    link = gated("kubelet").node.files["etc/systemd/system/kubelet.service.wants/"
                                       "imagegen-gate.service"]
    assert link.link == GATE_UNIT_PATH


def test_the_time_is_in_both_lines_and_systemd_ends_what_hangs() -> None:
    said = words(gated("kubelet", **{"check.gateTimeout": "20m"}), GATE_UNIT_PATH)
    assert [line.split()[-1] for line in said["ExecStart"]] == ["1200", "1200"]
    assert said["ExecStart"][0].startswith("-")
    assert said["TimeoutStartSec"] == ["1260"]


@pytest.mark.parametrize("gate", ["none", "taint"])
def test_no_other_gate_holds_the_kubelet(gate: str) -> None:
    files = gated(gate).node.files
    assert not {GATE_UNIT_PATH[1:], GATE_DROP_IN[1:], GATE_LIMIT[1:]} & files.keys()


def script(folder: Path, argument: str = "3", cmdline: str = "ro\n") -> list[str]:
    """The shell's part with its files under a folder, and a clock whose seconds are short."""
    text = gated("kubelet").node.files[GATE_LIMIT[1:]].data.decode()
    for path, name in (("/run/imagegen/", ""), ("/proc/cmdline", "cmdline")):
        assert path in text
        text = text.replace(path, f"{folder}/{name}")
    (folder / "cmdline").write_text(cmdline)
    return ["sh", "-c", text, "gate-limit", argument]


def ran(argv: list[str]) -> tuple[int, str]:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_script_is_clean_shell() -> None:
    data = gated("kubelet").node.files[GATE_LIMIT[1:]].data
    done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=data, capture_output=True,
                          timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_script_waits_no_longer_and_says_so(tmp_path: Path) -> None:
    code, said = ran(script(tmp_path))
    assert code == 1
    assert said.splitlines()[0].endswith(f"to start it now: touch {tmp_path}/gate-open")
    assert "the time is over" in said
    assert (tmp_path / "gate").read_text().startswith("late the kubelet started after 3 s")


@pytest.mark.parametrize(("state", "code"), [("open for a reason\n", 0), ("late\n", 1)])
def test_the_script_heeds_what_the_check_said(tmp_path: Path, state: str, code: int) -> None:
    (tmp_path / "gate").write_text(state)
    assert ran(script(tmp_path, "999")) == (code, "")


def test_the_script_heeds_a_person(tmp_path: Path) -> None:
    (tmp_path / "gate").write_text("held\n")
    (tmp_path / "gate-open").write_text("")
    assert ran(script(tmp_path, "999")) == (0, "")


def test_the_script_heeds_the_kernels_command_line(tmp_path: Path) -> None:
    assert ran(script(tmp_path, "999", "ro imagegen.gate=open quiet\n")) == (0, "")


def test_a_tainted_node_registers_with_the_taint_and_its_profiles_name() -> None:
    line = words(gated("taint"), KUBELET_DROP_IN)["ExecStart"][-1].split()
    assert line[-3:] == ["--node-labels=imagegen/profile=node",
                         "--register-with-taints=readiness.k8s.io/imagegen=unproven:NoSchedule",
                         "$KUBELET_EXTRA_ARGS"]
    assert "register-with" not in str(words(gated("kubelet"), KUBELET_DROP_IN))


def crd() -> dict[str, Any]:
    """The controller's CustomResourceDefinition, as its repository has it."""
    found: dict[str, Any] = yaml.safe_load((DATA / "nodereadinessrules.crd.yaml").read_text())
    return found


def test_the_rule_is_what_the_controller_reads() -> None:
    rule = yaml.safe_load(gated("taint").tree.files["cluster/node-readiness-rule.yaml"].data)
    spec, version = crd()["spec"], crd()["spec"]["versions"][0]
    assert rule["apiVersion"] == f"{spec['group']}/{version['name']}"
    assert rule["kind"] == spec["names"]["kind"]
    schema = closed(version["schema"]["openAPIV3Schema"])
    jsonschema.validate(rule, schema)
    del rule["spec"]["taint"]["effect"]
    rule["spec"]["nodeSelectr"] = {}
    found = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(rule)]
    assert len(found) == 2


def closed(schema: Any) -> Any:
    """A structural schema prunes what it does not know: here that is an error."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if isinstance(found.get("properties"), dict) and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


def test_its_taint_is_the_kubelets_and_its_nodes_are_the_profiles() -> None:
    rule = yaml.safe_load(gated("taint").tree.files["cluster/node-readiness-rule.yaml"].data)
    line = words(gated("taint"), KUBELET_DROP_IN)["ExecStart"][-1]
    taint, labels = rule["spec"]["taint"], rule["spec"]["nodeSelector"]["matchLabels"]
    assert f"={taint['key']}={taint['value']}:{taint['effect']} " in line
    assert [f"--node-labels={key}={value} " in line for key, value in labels.items()] == [True]


@pytest.mark.parametrize("release", ALL, ids=NAMES)
def test_logins_are_told_where_pam_shows_it(release: Release) -> None:
    unheard = release.manager is Manager.NONE or release.title in (
        "rocky 8", "almalinux 8", "rhel 8")
    assert (motd_of(release) is None) is unheard


def waited_for(rendering: Rendering, folder: Path, name: str) -> dict[str, set[str]]:
    """What systemd itself makes of a unit's dependencies, read from the root and not started."""
    root = unit_root(rendering, folder)
    places = [f"{root}/{place}" for place in ("etc/systemd/system", "usr/lib/systemd/system")]
    # systemd tests nothing as root; in a user namespace of its own it is nobody
    done = subprocess.run(
        ["unshare", "--user", "/lib/systemd/systemd", "--test", "--system", "--no-pager",
         f"--unit={name}"], env={"SYSTEMD_UNIT_PATH": ":".join(places)}, capture_output=True,
        text=True, timeout=60, check=False)
    _, _, text = done.stdout.partition(f"-> Unit {name}:\n")
    found: dict[str, set[str]] = {}
    for row in text.partition("\n\t-> Unit ")[0].partition("-> Unit ")[0].splitlines():
        kind, colon, unit_name = row.strip().split(" (")[0].partition(": ")
        if colon and kind in ("After", "Before", "Wants", "Requires", "Conflicts"):
            found.setdefault(kind, set()).add(unit_name)
    assert found, done.stdout + done.stderr
    return found


def test_no_target_waits_for_a_kubelet_that_is_held(tmp_path: Path) -> None:
    """As without the gate it would, and cloud-init's last stage behind it."""
    gate, none = (waited_for(gated(kind), tmp_path / kind, "multi-user.target")
                  for kind in ("kubelet", "none"))
    assert "kubelet.service" in gate["Wants"] & none["Wants"]
    assert "kubelet.service" in none["After"]
    assert {"kubelet.service", "imagegen-gate.service"} & gate["After"] == set()
    assert gate["After"] == none["After"] - {"kubelet.service"}


def test_the_kubelet_keeps_what_default_dependencies_gave_it(tmp_path: Path) -> None:
    gate, none = (waited_for(gated(kind), tmp_path / kind, "kubelet.service")
                  for kind in ("kubelet", "none"))
    assert gate["After"] == none["After"] | {"imagegen-gate.service"}
    assert gate["Wants"] == none["Wants"] | {"imagegen-gate.service"}
    for kind in ("Requires", "Conflicts"):
        assert gate[kind] == none[kind]
    assert gate["Before"] == none["Before"] - {"multi-user.target"}
