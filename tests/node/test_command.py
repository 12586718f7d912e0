"""What runs is what was baked: the unit's files, and kube-proxy's words (case H08)."""

from __future__ import annotations

import pytest

from tests.node.fake import RUNNING, UNIT, FakeNode

PATH = f"/usr/lib/systemd/system/{UNIT}"
MEMORY = f"/etc/systemd/system/{UNIT}.d/memory.conf"
OURS = {"unit": UNIT, "path": PATH, "dropIns": [MEMORY]}
ARGV = ["/usr/local/bin/kube-proxy", "--config=/etc/kubernetes/kube-proxy.yaml",
        "--hostname-override=${NODE_NAME}", "--v=2"]
WORDS = {"argv": ARGV, "beside": ["config", "hostname-override", "v"]}


@pytest.fixture
def baked(fake: FakeNode) -> FakeNode:
    """The unit and its drop-in as they were baked, and kube-proxy at work."""
    fake.write(PATH, "[Service]\nExecStart=/usr/local/bin/kube-proxy\n")
    fake.write(MEMORY, "[Service]\nMemoryMax=512M\n")
    fake.host.units[UNIT] = {**RUNNING, "MainPID": "412"}
    fake.process(412, *ARGV[:2], "--hostname-override=node-a", "--v=2")
    return fake


@pytest.mark.parametrize("level", ["bake", "kernel", "table"])
def test_the_baked_unit_alone(baked: FakeNode, level: str) -> None:
    outcome = baked.judge("unit_override", OURS, level)
    assert (outcome.result, outcome.saw) == ("ok", "1 drop-in")


@pytest.mark.parametrize("folder", ["/etc/systemd/system", "/run/systemd/system",
                                    "/usr/local/lib/systemd/system"])
def test_a_drop_in_with_another_command_is_red(baked: FakeNode, folder: str) -> None:
    place = f"{folder}/{UNIT}.d/50-debug.conf"
    baked.write(place, "[Service]\n ExecStart=\nExecStart = /bin/kube-proxy --v=9\n")
    outcome = baked.judge("unit_override", OURS)
    assert (outcome.result, outcome.saw) == ("red", f"{place} sets ExecStart")
    assert f"Remove {place}" in outcome.remedy


def test_a_drop_in_that_leaves_the_command_alone_is_a_warning(baked: FakeNode) -> None:
    baked.write(f"/etc/systemd/system/{UNIT}.d/50-limits.conf", "[Service]\nLimitNOFILE=9\n")
    baked.write(f"/etc/systemd/system/{UNIT}.d/README", "ExecStart=/no\n")
    outcome = baked.judge("unit_override", OURS)
    assert outcome.result == "warning"
    assert "50-limits.conf" in outcome.saw


def test_a_unit_under_etc_takes_the_baked_ones_place(baked: FakeNode) -> None:
    baked.write(f"/etc/systemd/system/{UNIT}", "[Service]\n")
    outcome = baked.judge("unit_override", OURS, "bake")
    assert (outcome.result, "takes the place" in outcome.saw) == ("red", True)


def test_a_link_to_the_baked_unit_is_no_other(baked: FakeNode) -> None:
    baked.link(f"/etc/systemd/system/{UNIT}", PATH)
    assert baked.judge("unit_override", OURS).result == "ok"


def test_files_that_systemd_has_not_read(baked: FakeNode) -> None:
    baked.host.units[UNIT]["NeedDaemonReload"] = "yes"
    outcome = baked.judge("unit_override", OURS)
    assert (outcome.result, "daemon-reload" in outcome.remedy) == ("warning", True)


def test_the_baked_words(baked: FakeNode) -> None:
    outcome = baked.judge("proxy_command", WORDS)
    assert (outcome.result, outcome.saw) == ("ok", "process 412")


@pytest.mark.parametrize(("argv", "saw"), [
    ([*ARGV, "--proxy-mode=iptables"], "--proxy-mode=iptables is more"),
    (ARGV[:3], "--v=2 is missing"),
    ([ARGV[0], ARGV[2], ARGV[1], ARGV[3]], "in another order or twice"),
    (["/opt/kube-proxy", *ARGV[1:]],
     "/opt/kube-proxy is more; /usr/local/bin/kube-proxy is missing"),
])
def test_other_words_are_red(baked: FakeNode, argv: list[str], saw: str) -> None:
    baked.process(412, *argv)
    outcome = baked.judge("proxy_command", WORDS)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert saw in outcome.saw


# kubernetes issues 107156, 79266, 98302
H08 = ("/usr/local/bin/kube-proxy", "--config=/etc/kubernetes/kube-proxy.yaml",
       "--hostname-override=node-a", "--proxy-mode=ipvs", "--ipvs-scheduler=wrr",
       "--cluster-cidr=10.244.0.0/16", "--v=2")


@pytest.mark.parametrize("argv", [H08, (H08[0], "-config", "/etc/kubernetes/kube-proxy.yaml",
                                        *H08[2:])])
def test_h08_flags_beside_config_say_nothing(baked: FakeNode, argv: tuple[str, ...]) -> None:
    """Where no unit of the image's runs it, only this can be told."""
    baked.kube_proxy = {"unit": None, "runBy": "none"}
    baked.process(412, *argv)
    outcome = baked.judge("proxy_command", {**WORDS, "argv": None})
    assert outcome.result == "warning"
    assert outcome.saw == ("with --config these have no effect: --proxy-mode, --ipvs-scheduler, "
                           "--cluster-cidr")
    assert "/etc/kubernetes/kube-proxy.yaml" in outcome.remedy


def test_without_config_every_flag_counts(baked: FakeNode) -> None:
    baked.kube_proxy = {"unit": None, "runBy": "none"}
    baked.process(412, "kube-proxy", "--proxy-mode=ipvs")
    assert baked.judge("proxy_command", {**WORDS, "argv": None}).result == "ok"


def test_one_that_does_not_run_is_unknown(baked: FakeNode) -> None:
    baked.host.units[UNIT] = {**RUNNING, "MainPID": "0"}
    outcome = baked.judge("proxy_command", WORDS)
    assert (outcome.result, outcome.saw) == ("unknown", f"{UNIT} does not run")
