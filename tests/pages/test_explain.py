"""`imagegen explain`: pages found by path, last part or rule, and a profile's values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from imagegen.knowledge import pages
from imagegen.knowledge.pages import RulePage, field_pages
from imagegen.node.explain import overview, page_text
from imagegen.node.pages import pages as check_pages
from imagegen.node.rules import RULES
from imagegen.pages.examples import as_yaml, example
from imagegen.pages.walk import fields
from imagegen.profile.source import read_source
from tests.verbs import PROFILES, ROOT, called, process

FIELDS = [field.path for field in fields()]
RULE = RulePage("A title.", "Because it breaks.", "Mend it.", "kernel.org", {"a": {"b": "no"}})


def explained(*argv: str) -> str:
    said = called("explain", *argv)
    assert (said.code, said.err) == (0, "")
    return said.out


@pytest.mark.parametrize("path", FIELDS)
def test_every_page_can_be_read(path: str) -> None:
    text = explained(path)
    assert text.startswith(f"{path}\n\n  ")
    # a digest of 128 digits is one word
    assert all(len(line) <= 100 or line.split()[-1].isalnum() for line in text.splitlines())
    if page := field_pages().get(path):
        assert " ".join(page.without.split()) in " ".join(text.split())
        assert f"Source: {page.source}" in " ".join(text.split())


def test_a_page_is_whole() -> None:
    assert explained("kubeProxy.config.ipvs.tcpTimeout") == """\
kubeProxy.config.ipvs.tcpTimeout

  How long IPVS keeps an idle TCP connection. Unset or 0s, it is the kernel's
  900 s.

  type     a duration, such as 300s, 5m or 1h30m
  default  unset
  since    Kubernetes 1.18

Without it, or with a wrong value
  A connection that was idle for 15 minutes hangs at the next byte, since the
  kernel's keepalive comes only after two hours.

Example
  kubeProxy:
    config:
      ipvs:
        tcpTimeout: 7200s

Source: kernel net/netfilter/ipvs/ip_vs_proto_tcp.c; kubernetes 84041
"""


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_the_check_is_read_as_on_a_node(rule: str) -> None:
    assert explained(f"check.{rule}") == page_text(rule, check_pages()[rule], 80)
    assert f"check.{rule}" not in FIELDS


def test_all_rules_of_the_check() -> None:
    assert explained("check.rules") == overview(80)
    assert explained("Check.API-service") == explained("check.api_service")
    assert explained("check").startswith("check\n\n")
    said = called("explain", "check.sysct")
    assert (said.code, "did you mean check.sysctl?" in said.err) == (2, True)


def test_a_section_shows_its_fields() -> None:
    text = explained("kubeproxy.CONFIG.ipvs")
    assert text.startswith("kubeProxy.config.ipvs\n")
    for name in ("scheduler", "strictARP", "udpTimeout"):
        assert f"\n  {name} " in text
    assert "  path " in explained("os.files") and "  * " in explained("os.sysctls")


def test_alone_it_lists_the_sections() -> None:
    text = explained()
    assert [path for path in FIELDS if "." not in path and f"\n  {path} " not in text] == []


@pytest.mark.parametrize(("written", "meant"), [
    ("scheduler", "kubeProxy.config.ipvs.scheduler"), ("SCHEDULER",
                                                       "kubeProxy.config.ipvs.scheduler"),
    ("ipvs.tcptimeout", "kubeProxy.config.ipvs.tcpTimeout"),
    ("os.files[0].mode", "os.files[].mode"), ("os.files.0.mode", "os.files[].mode"),
    ("os.files[0].path", "os.files[].path"), ("os.files.0.path", "os.files[].path"),
    ("os.users[12].sshKeys[3]", "os.users[].sshKeys"),
    ("os.files.mode", "os.files[].mode"), (" kubeProxy. ", "kubeProxy"),
    ("os.sysctls.net.core.somaxconn", "os.sysctls.*"), ("ipvs", "kubeProxy.config.ipvs"),
    ("kubeProxy.path", "kubeProxy.path"),
])
def test_a_path_is_found_however_it_is_written(written: str, meant: str) -> None:
    assert explained(written).startswith(f"{meant}\n")


@pytest.mark.parametrize(("written", "words"), [
    ("shedulr", "did you mean kubeProxy.config.ipvs.scheduler?"),
    ("kubeProxy.config.ipvs.schedular", "did you mean kubeProxy.config.ipvs.scheduler?"),
    ("os.fils[0].path", "did you mean os.files[].path?"),
    ("os.files.0.paht", "did you mean os.files[].path?"),
    ("cluster-range-overlap", "did you mean cluster-ranges-overlap?"),
    ("Cloud-Init-Part", "rules that begin so: cloud-init-part-form, cloud-init"),
    ("xyzzy", "`imagegen explain` alone lists the sections"),
    ("", "`imagegen explain` alone lists the sections"),
    ("sha256", "say which: os.kubelet.sha256, kubeProxy.binary.sha256, image.base.sha256"),
    ("\x1b[2J" * 90, "`imagegen explain` alone"),
])
def test_what_is_not_found_is_wrong_input(written: str, words: str) -> None:
    said = called("explain", written)
    assert (said.code, said.out) == (2, "")
    assert words in said.err and "\x1b" not in said.err


def test_a_rule_has_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for house in (pages, "imagegen.pages.explain", "imagegen.pages.lookup"):
        module = sys.modules[house] if isinstance(house, str) else house
        monkeypatch.setattr(module, "rule_pages", lambda: {"area-what": RULE})
    text = explained("Area-What")
    assert text == ("area-what\n\n  A title.\n\nWhy\n  Because it breaks.\n\nWhat to do\n"
                    "  Mend it.\n\nWhat it refuses\n  a:\n    b: \"no\"\n\nSource: kernel.org\n")
    assert explained("rules") == "  area-what  A title.\n"
    assert "did you mean area-what?" in called("explain", "area-wat").err


def test_a_profiles_value_and_its_place() -> None:
    quick = str(PROFILES / "quickstart.yaml")
    where = next(number for number, line in enumerate(
        (PROFILES / "quickstart.yaml").read_text().splitlines(), 1) if "scheduler:" in line)
    assert explained("scheduler", "--profile", quick).endswith(
        f'In this profile\n  kubeProxy.config.ipvs.scheduler: "rr"  ({quick}:{where}:18)\n')
    assert explained("tcpFinTimeout", "--profile", quick).endswith(
        f"{quick} does not set it; the default holds: unset\n")
    assert explained("conntrack", "--profile", quick).endswith(f"{quick} does not set it\n")


def test_a_section_and_lists_of_a_profile(tmp_path: Path) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_text("os:\n  modules: [a, b]\n  sysctls: {x.y: '1'}\n  files:\n"
                       "    - path: /a\n    - {path: /b}\n")
    text = explained("os", "--profile", str(profile))
    assert text.endswith(f"""In this profile
  os.modules: ["a", "b"]  ({profile}:2:12)
  os.sysctls.x.y: "1"  ({profile}:3:18)
  os.files[0].path: "/a"  ({profile}:5:13)
  os.files[1].path: "/b"  ({profile}:6:14)
""")
    paths = explained("os.files[].path", "--profile", str(profile))
    assert "os.files[0].path" in paths and "os.files[1].path" in paths
    assert '  os.sysctls.x.y: "1"' in explained("os.sysctls.q", "--profile", str(profile))


def test_widths() -> None:
    for columns in (50, 80, 100):
        text = process("explain", "os", env={"COLUMNS": str(columns)}).out
        assert max(map(len, text.splitlines())) <= columns
    assert max(map(len, process("explain", "os").out.splitlines())) <= 80


def test_a_reader_that_has_seen_enough() -> None:
    """`| head` ends it with the code that a shell gives for a closed pipe, and no words."""
    code = ("import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); "
            "sys.argv = ['imagegen', 'explain', 'os']; from imagegen.__main__ import main; main()")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("path", sorted(field_pages()))
def test_an_example_says_what_it_says(path: str) -> None:
    """Read back by YAML 1.1's reader and by ours, it is the same data."""
    data = example(path, field_pages()[path])
    assert yaml.safe_load(as_yaml(data)) == data
    assert read_source("p.yaml", as_yaml(data).encode()).value == data


@pytest.mark.parametrize("fact", ["ipvs.api-service", "module.ip_vs", "kube-proxy.command"])
def test_a_fact_that_diff_shows_has_a_page(fact: str) -> None:
    said = called("explain", fact)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{fact}, a fact of the rule ")
    assert "Values as in the profile quickstart" in said.out


def test_a_fact_of_the_given_profile_has_its_values(tmp_path: Path) -> None:
    profile = tmp_path / "edge.yaml"
    called("init", "--yes", "--name", "edge", "--scheduler", "sh", "-o", str(profile))
    said = called("explain", "module.ip_vs_sh", "--profile", str(profile))
    assert (said.code, said.out.splitlines()[-1]) == (0, f"Values as in {profile}.")


def test_a_fact_that_is_almost_right_is_guessed() -> None:
    said = called("explain", "module.ip_vz")
    assert (said.code, "did you mean module.ip_vs?" in said.err) == (2, True)


def test_a_rule_of_the_check_is_named_without_its_prefix() -> None:
    said = called("explain", "sysctl")
    assert (said.code, "check.sysctl; rules that begin so: sysctl-form" in said.err) == (2, True)


def test_a_word_that_is_near_nothing_gets_no_guess() -> None:
    assert "did you mean" not in called("explain", "error").err
