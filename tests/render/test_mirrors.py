"""os.packageMirrors: what apt and dnf themselves read of it, and that nothing else is left."""

from __future__ import annotations

import configparser
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from imagegen.common.run import need, run
from imagegen.knowledge.distributions import Manager, Release
from imagegen.knowledge.paths import DNF_MAIN
from imagegen.plan.node_mirrors import APT_SOURCES, DNF_REPOSITORIES
from imagegen.plan.node_network import APT_PROXY
from imagegen.render.render import Rendering, render
from tests.distributions import ALL, BASE_OS, KEY, changes, of_dnf
from tests.profiles import changed, parsed
from tests.tools.debian import unpacked, unpacked_whole
from tests.verbs import ROOT

RPM = [release.title for release in ALL if release.manager is Manager.DNF]
APT = [release for release in ALL if release.manager is Manager.APT]
PROXY = {"http": "http://proxy.example.org:3128", "https": "http://proxy.example.org:3129",
         "noProxy": [".example.org", "2001:db8::/32"]}
READER = """
import json, os, sys, dnf
base = dnf.Base()
base.conf.reposdir, base.conf.config_file_path = [sys.argv[1]], sys.argv[1] + "/dnf.conf"
if os.path.exists(base.conf.config_file_path):
    base.conf.read(base.conf.config_file_path)
base.conf.substitutions["releasever"], base.conf.substitutions["basearch"] = "9", "x86_64"
base.read_all_repos()
print(json.dumps([[repo.id, bool(repo.enabled), list(repo.baseurl), list(repo.gpgkey),
                   bool(repo.gpgcheck), bool(repo.repo_gpgcheck)] for repo in base.repos.all()]))
print(json.dumps({"main": [base.conf.proxy, base.conf.gpgcheck, base.conf.best,
                           base.conf.skip_if_unavailable, base.conf.installonly_limit,
                           base.conf.clean_requirements_on_remove],
                  **{repo.id: repo.proxy for repo in base.repos.all()}}))
"""


def of(title: str) -> Rendering:
    return render(parsed(changed(of_dnf(title))))


def laid_down(rendering: Rendering, folder: Path) -> Path:
    (folder / "imagegen.repo").write_bytes(rendering.node.files[DNF_REPOSITORIES[1:]].data)
    return folder


def read_by_dnf(folder: Path) -> list[list[Any]]:
    """The repositories as dnf's own reader has them, and what it says of them."""
    repositories: list[list[Any]] = json.loads(told_by_dnf(folder)[-2])
    return repositories


def told_by_dnf(folder: Path) -> list[str]:
    """dnf's own reader's word on the repositories, then on dnf.conf and each one's proxy."""
    root = unpacked_whole("python3-dnf")
    env = {"PYTHONPATH": f"{root}/usr/lib/python3/dist-packages", "HOME": str(folder),
           "LD_LIBRARY_PATH": f"{root}/usr/lib/x86_64-linux-gnu",
           "RPM_CONFIGDIR": f"{root}/usr/lib/rpm"}
    done = run(["/usr/bin/python3", "-c", READER, str(folder)], env=env)
    # what it logs comes first
    return done.output.splitlines()


@pytest.mark.parametrize("title", RPM)
def test_the_file_of_every_release(title: str, tmp_path: Path) -> None:
    release = next(release for release in ALL if release.title == title)
    rendering = of(title)
    read = configparser.RawConfigParser(strict=True)
    read.read(laid_down(rendering, tmp_path) / "imagegen.repo")
    assert read.sections() == ["imagegen-0", "imagegen-1", "imagegen-2"]
    assert [read[name]["gpgkey"] for name in read.sections()] == [
        f"file://{release.archive_key}", "file:///etc/pki/rpm-gpg/RPM-GPG-KEY-imagegen-1",
        "file:///etc/pki/rpm-gpg/of-x"]
    files = rendering.node.files
    assert files["etc/pki/rpm-gpg/RPM-GPG-KEY-imagegen-1"].data == KEY.encode()
    facts = {fact.id: fact.proof for fact in rendering.plan.facts}
    assert facts["dnf.sources"].expect == {"path": DNF_REPOSITORIES}
    assert not any("apt" in name for name in facts if "source" in name)


def test_the_real_dnf_reads_it(tmp_path: Path) -> None:
    assert read_by_dnf(laid_down(of("rocky 9"), tmp_path)) == [
        ["imagegen-0", True, ["https://mirror.example.org/rocky/9/BaseOS/x86_64/os/"],
         ["file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Rocky-9"], True, False],
        ["imagegen-1", True, ["https://mirror.example.org/own/"],
         ["file:///etc/pki/rpm-gpg/RPM-GPG-KEY-imagegen-1"], True, False],
        ["imagegen-2", True, ["http://[2001:db8::1]:8080/x/"], ["file:///etc/pki/rpm-gpg/of-x"],
         True, False]]


def test_the_real_dnf_reads_a_comma_as_two(tmp_path: Path) -> None:
    """So the comma is refused, and a name with a blank is no repository at all."""
    (tmp_path / "x.repo").write_text("[x]\nname=x\nbaseurl=http://a/,http://b/\n[y z]\nname=y\n")
    assert [repo[:3] for repo in read_by_dnf(tmp_path)] == [["x", True, ["http://a/", "http://b/"]]]


def proxies(folder: Path, proxy: dict[str, Any] | None) -> dict[str, Any]:
    """What dnf's own reader has of dnf.conf, and the proxy of each repository."""
    rendering = render(parsed(changed({**of_dnf("rocky 9"), "os.proxy": proxy})))
    main = rendering.node.files.get(DNF_MAIN[1:])
    if main is not None:
        (folder / "dnf.conf").write_bytes(main.data)
    found: dict[str, Any] = json.loads(told_by_dnf(laid_down(rendering, folder))[-1])
    return found


def test_the_real_dnf_reads_the_proxy(tmp_path: Path) -> None:
    """The rest of dnf.conf stays as the packages have it, and noProxy holds for repositories."""
    found = proxies(tmp_path, PROXY)
    assert found.pop("main") == [PROXY["https"], True, True, False, 3, True]
    assert found == {"imagegen-0": "", "imagegen-1": "", "imagegen-2": ""}


def test_without_noproxy_every_repository_is_reached_by_the_proxy(tmp_path: Path) -> None:
    found = proxies(tmp_path, {"http": PROXY["http"], "noProxy": ["example.com"]})
    assert found.pop("main")[0] == PROXY["http"]
    assert set(found.values()) == {PROXY["http"]}


def test_without_a_proxy_dnf_conf_is_the_distributions(tmp_path: Path) -> None:
    assert proxies(tmp_path, None)["main"][0] == ""


@pytest.mark.parametrize(("entry", "past"), [
    ("*", True), ("mirror.example.org", True), ("example.org", True), (".example.org", True),
    ("*.example.org", True), ("ample.org", False), (".mirror.example.org", False),
    ("192.0.2.0/24", False)])
def test_which_hosts_go_past(entry: str, past: bool, tmp_path: Path) -> None:
    data = {**of_dnf("rocky 9"), "os.proxy": {**PROXY, "noProxy": [entry]}}
    text = render(parsed(changed(data))).node.files[DNF_REPOSITORIES[1:]].data.decode()
    assert ("proxy=" in text.split("\n\n")[0]) is past


@pytest.mark.parametrize("release", ALL, ids=lambda release: release.title)
def test_each_manager_has_its_own_file_of_the_proxy(release: Release) -> None:
    rendering = render(parsed(changed({**changes(release), "os.proxy": PROXY})))
    wanted = {Manager.APT: {APT_PROXY}, Manager.DNF: {DNF_MAIN}, Manager.NONE: set()}
    written = {path for path in (APT_PROXY, DNF_MAIN) if path[1:] in rendering.node.files}
    assert written == wanted[release.manager]
    facts = {fact.id for fact in rendering.plan.facts if fact.id.startswith("file.proxy.")
             and not fact.id.endswith(".service")}
    assert facts == {f"file.proxy.{release.manager}" for _ in wanted[release.manager]}


def test_a_stock_image_has_the_proxy_before_its_packages_come() -> None:
    text = (ROOT / "templates/cloud-init/first-boot.sh").read_text()
    assert text.index(" etc/dnf ") < text.index('sh "$here/packages.sh"')


KEYRINGS_FOLDER = "usr/share/keyrings"
KEYRINGS = {"debian": "debian-archive-keyring.gpg", "ubuntu": "ubuntu-archive-keyring.gpg"}


@pytest.mark.parametrize("release", APT, ids=lambda release: release.title)
def test_each_of_apts_has_its_own_keyring(release: Release) -> None:
    mirror = {"url": "http://mirror.example.org/x", "suites": ["own"]}
    text = render(parsed(changed({**changes(release), "os.packageMirrors": [mirror]}))).node.files[
        APT_SOURCES[1:]].data.decode()
    signed = f"Signed-By: /usr/share/keyrings/{KEYRINGS[release.distribution]}\n"
    assert text.endswith(f"Components: main\n{signed}")


def test_debians_own_package_has_the_keyring() -> None:
    assert (unpacked("debian-archive-keyring") / KEYRINGS_FOLDER / KEYRINGS["debian"]).exists()


TREE = {"etc/yum.repos.d/rocky.repo": "[a]\n", "etc/yum.repos.d/kept.conf": "x\n",
        "etc/yum/repos.d/x.repo": "[x]\n",
        "etc/rhsm/rhsm.conf": "[rhsm]\nmanage_repos = 1\nx = 1\n"}


def cleaned(folder: Path) -> dict[str, str]:
    """What is left after the build's own script ran, under a folder."""
    files = of("rhel 9").node.files
    script = files["usr/lib/imagegen/only-repositories"].data.decode().replace("/etc/",
                                                                              f"{folder}/etc/")
    for path, text in {**TREE, DNF_REPOSITORIES[1:]: "[imagegen-0]\n"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    done = run([need("sh", "dash"), "-c", script], check=False)
    assert (done.code, done.output) == (0, "")
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*")
            if path.is_file()}


def test_no_other_repository_is_left(tmp_path: Path) -> None:
    assert cleaned(tmp_path) == {
        DNF_REPOSITORIES[1:]: "[imagegen-0]\n", "etc/yum.repos.d/kept.conf": "x\n",
        "etc/rhsm/rhsm.conf": "[rhsm]\nmanage_repos = 0\nx = 1\n"}


def test_a_linked_folder_keeps_the_profiles_own(tmp_path: Path) -> None:
    (tmp_path / "etc/yum.repos.d").mkdir(parents=True)
    (tmp_path / "etc/yum").mkdir()
    (tmp_path / "etc/yum/repos.d").symlink_to("../yum.repos.d")
    assert DNF_REPOSITORIES[1:] in cleaned(tmp_path)


def test_the_build_and_the_first_boot_run_it() -> None:
    """Before the packages come, and once more after them: they may bring files of sources."""
    line = "/usr/lib/imagegen/only-repositories ] || sh /usr/lib/imagegen/only-repositories\n"
    before, first, system = (
        (ROOT / path).read_text() for path in (
            "packer/qemu/steps/05-before.sh", "templates/cloud-init/first-boot.sh",
            "packer/qemu/steps/25-system.sh"))
    for text, then in ((before, "run-hooks before"), (first, "packages.sh")):
        assert text.index("etc/yum.repos.d etc/pki/rpm-gpg") < text.index(line) < text.index(then)
    assert '"$here/only-repositories" ] || sh "$here/only-repositories"' in system


def test_the_script_is_clean_shell() -> None:
    data = of("rhel 9").node.files["usr/lib/imagegen/only-repositories"].data
    done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=data, capture_output=True,
                          check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_node_without_mirrors_keeps_the_distributions_repositories() -> None:
    files = render(parsed(changed({**of_dnf("rocky 9"), "os.packageMirrors": []}))).node.files
    assert not [path for path in files if "repositories" in path or "yum.repos.d" in path]


@pytest.mark.parametrize("form", ["baked", "full"])
def test_the_url_keeps_dnfs_variables(form: str) -> None:
    """Neither Packer nor cloud-init takes them for its own."""
    assert f"baseurl={BASE_OS}\n".encode() in of("rocky 9").node.files[DNF_REPOSITORIES[1:]].data
    assert f"cloud-init/{form}/user-data" in of("rocky 9").tree.files
