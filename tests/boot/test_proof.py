"""What `verify --cluster local` gives its node beside the image: its part of the pods' range, and
a way past the profile's proxy to the API server of this machine."""

from __future__ import annotations

import ipaddress

import pytest

from imagegen.boot.proof import past_the_proxy, pods_of_the_node
from tests.profiles import changed, parsed, rendered


@pytest.mark.parametrize(("pods", "own"), [
    ("172.30.0.0/16", "172.30.0.0/24"), ("10.0.0.0/26", "10.0.0.0/26"),
])
def test_a_node_has_a_part_of_the_pods_range(pods: str, own: str) -> None:
    assert pods_of_the_node(parsed(changed({"cluster.podCIDR": pods}))) == own
    assert ipaddress.ip_network(own).subnet_of(ipaddress.ip_network(pods))


def test_the_api_server_of_this_machine_is_reached_past_the_proxy() -> None:
    (file,) = past_the_proxy(rendered("full-node").profile)
    name, _, value = file.data.decode().partition("=")
    assert (file.path, name) == ("/etc/imagegen/proxy.env", "NO_PROXY")
    assert {"10.0.2.2", "registry.example.org", "10.96.0.0/12"} <= set(value.strip().split(","))
    drop_in = rendered("full-node").tree.files[
        "node/etc/systemd/system/kube-proxy.service.d/90-imagegen-proxy.conf"].data.decode()
    # systemd.exec(5): what the file sets wins over Environment=
    assert f"EnvironmentFile=-{file.path}\n" in drop_in
    assert past_the_proxy(rendered("quickstart").profile) == ()
