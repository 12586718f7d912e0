"""What the node's own fields become, as the real readers take it."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegen.common.errors import InputError
from imagegen.common.run import Done, need, run
from imagegen.plan.node_access import KEYS, SSHD
from imagegen.plan.node_boot import GRUB, KERNEL_ARGUMENTS
from imagegen.plan.node_network import APT_PROXY
from imagegen.plan.node_runtime import CONTAINERD_CONFIG
from imagegen.render.render import Rendering, render
from tests.profiles import changed, parsed, rendered
from tests.render import parsers
from tests.render.test_units import sshd
from tests.tools.debian import unpacked

__all__ = ["sshd"]
DROP_IN = "/etc/systemd/system/containerd.service.d/90-imagegen-proxy.conf"
PROXY = "http://proxy.example.org:3128"


def text(rendering: Rendering, path: str) -> bytes:
    return rendering.node.files[path[1:]].data


def environment(unit: bytes) -> dict[str, str]:
    """systemd.exec(5): each Environment= is one quoted NAME=VALUE here; `%%` is a percent sign."""
    found = {}
    for row in parsers.unit(unit)["Environment"]:
        assert row[0] == row[-1] == '"'
        bare = row[1:-1].replace("%%", "\0")
        assert "%" not in bare and "\\" not in bare and '"' not in bare
        name, _, value = bare.replace("\0", "%").partition("=")
        found[name] = value
    return found


@pytest.mark.parametrize("host", ["proxy.example.org", "[2001:db8::1]", "192.0.2.1",
                                  "a%24b.example.org", "a$b.example.org", "$(id)", "a%n"])
def test_a_proxy_arrives_or_is_refused(host: str) -> None:
    """H11: what a shell, systemd and Packer would read otherwise arrives as it was written."""
    url = f"http://{host}:3128"
    try:
        profile = parsed(changed({"os.proxy": {"http": url, "noProxy": ["192.0.2.0/24"]}}))
    except InputError as error:
        assert "p.yaml:" in str(error)
        return
    found = environment(text(render(profile), DROP_IN))
    assert found["HTTP_PROXY"] == url
    assert "HTTPS_PROXY" not in found
    assert found["NO_PROXY"].split(",")[0] == "192.0.2.0/24"
    assert {"10.96.0.0/12", "10.244.0.0/16", "localhost"} <= set(found["NO_PROXY"].split(","))


def test_the_api_servers_are_reached_without_a_proxy() -> None:
    changes = {"os.proxy": {"https": PROXY}, "cluster.apiServers": ["[2001:db8::5]:6443"],
               "cluster.serviceCIDR": "fd00:10:96::/112,10.96.0.0/16",
               "cluster.podCIDR": "fd00:10:244::/56,10.244.0.0/16"}
    found = environment(text(render(parsed(changed(changes))), DROP_IN))
    assert {"2001:db8::5", "fd00:10:96::/112", "10.244.0.0/16"} <= set(
        found["NO_PROXY"].split(","))


@given(st.lists(st.from_regex(r"\A[a-z][a-z0-9_.-]{0,8}(=[A-Za-z0-9_.,:/@+=%-]{0,12})?\Z"),
                max_size=3))
def test_kernel_arguments_reach_the_boot_menu(arguments: list[str]) -> None:
    """update-grub sources the file; `sed` there reads the arguments' own file."""
    try:
        profile = parsed(changed({"os.kernelArguments": arguments}))
    except InputError:
        return
    node = render(profile).node
    if not arguments:
        assert GRUB[1:] not in node.files
        return
    told = node.files[KERNEL_ARGUMENTS[1:]].data.decode()
    script = node.files[GRUB[1:]].data.decode().replace(KERNEL_ARGUMENTS, "/dev/stdin")
    whole = f'GRUB_CMDLINE_LINUX=old\n{script}echo "$GRUB_CMDLINE_LINUX"'
    done = subprocess.run(["sh", "-euc", whole], input=told, text=True, capture_output=True,
                          check=True, timeout=60)
    assert done.stdout.split() == ["old", *arguments]


def test_containerd_reads_its_configuration() -> None:
    for name, changes in (("with", {"sandboxImage": "registry.example.org/pause:3.9"}),
                          ("without", {})):
        rendering = render(parsed(changed({"os.containerd": changes})))
        read = tomllib.loads(text(rendering, CONTAINERD_CONFIG).decode())
        cri = read["plugins"]["io.containerd.grpc.v1.cri"]
        assert read["version"] == 2
        assert cri["containerd"]["runtimes"]["runc"]["options"] == {"SystemdCgroup": True}
        assert cri.get("sandbox_image") == changes.get("sandboxImage"), name


def test_the_real_sshd_takes_the_drop_in(sshd: Callable[[str], Done]) -> None:
    config = text(rendered("full-node"), SSHD).decode()
    done = sshd(config)
    assert (done.code, done.output) == (0, "")
    assert sshd(config.replace("AuthorizedKeysFile", "AuthorisedKeysFile")).code != 0


def test_the_real_ssh_reads_the_keys(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_bytes(text(rendered("full-node"), f"{KEYS}/deploy"))
    done = run([need("ssh-keygen", "openssh-client"), "-l", "-f", str(keys)], check=False)
    assert (done.code, done.output.strip()[-9:]) == (0, "(ED25519)")
    keys.write_text("ssh-ed25519 AAAA cut\n")
    assert run(["ssh-keygen", "-l", "-f", str(keys)], check=False).code != 0


def test_the_real_sudo_takes_the_rule(tmp_path: Path) -> None:
    root = unpacked("sudo")
    rule = text(rendered("full-node"), "/etc/sudoers.d/imagegen-deploy")
    env = {"LD_LIBRARY_PATH": f"{root}/usr/libexec/sudo"}
    for data, code in ((rule, 0), (rule.replace(b"NOPASSWD:", b"NOPASSWD"), 1)):
        (tmp_path / "rule").write_bytes(data)
        argv = [f"{root}/usr/sbin/visudo", "-c", "-f", str(tmp_path / "rule")]
        assert run(argv, env=env, check=False).code == code


def test_apt_reads_the_proxy(tmp_path: Path) -> None:
    (tmp_path / "conf").write_bytes(text(rendered("full-node"), APT_PROXY))
    done = run([need("apt-config", "apt"), "dump"], env={"APT_CONFIG": str(tmp_path / "conf")})
    assert 'Acquire::http::Proxy "http://proxy.example.org:3128";' in done.output
    assert 'Acquire::https::Proxy::registry.example.org "DIRECT";' in done.output


def test_a_certificate_is_written_in_lines_that_openssl_reads(tmp_path: Path) -> None:
    path = "/usr/local/share/ca-certificates/imagegen-cluster-root.crt"
    (tmp_path / "ca.pem").write_bytes(text(rendered("full-node"), path))
    done = run([need("openssl", "openssl"), "x509", "-noout", "-subject", "-in",
                str(tmp_path / "ca.pem")])
    assert "Example Cluster Root" in done.output
