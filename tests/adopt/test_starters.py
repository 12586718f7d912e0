"""R03, R04, R06 to R09: kube-proxy wherever the node starts it, and nothing lost without a word."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imagegen.adopt.adopt import Adopted, Wishes
from tests.adopt.nodes import Content, node, notes, started

WISHES = Wishes(kubernetes="1.34.4")
POD = """apiVersion: v1
kind: Pod
spec:
  containers:
  - image: registry.k8s.io/kube-proxy-amd64:v1.27.3
    command: {command}
    args: {args}
"""


def adopted(files: dict[str, Content]) -> Adopted:
    return node({"/etc/hosts": "", **files}, WISHES)


def scheduler(found: Adopted) -> Any:
    config = yaml.safe_load(found.text)["kubeProxy"].get("config", {})
    return config.get("ipvs", {}).get("scheduler")


def cluster(found: Adopted) -> dict[str, Any]:
    section: dict[str, Any] = yaml.safe_load(found.text)["cluster"]
    return section


RANGES = {"serviceCIDR": "10.68.0.0/16", "podCIDR": "172.20.0.0/16", "nodePortRange": "20000-32767"}
K3S = ("k3s server --kube-proxy-arg proxy-mode=ipvs --kube-proxy-arg=ipvs-scheduler=lc "
       "--service-cidr 10.68.0.0/16 --cluster-cidr 172.20.0.0/16 "
       "--service-node-port-range 20000-32767")
CONFIG = """kube-proxy-arg: [proxy-mode=ipvs, ipvs-scheduler=lc]
service-cidr: 10.68.0.0/16
cluster-cidr: 172.20.0.0/16
service-node-port-range: 20000-32767
"""


@pytest.mark.parametrize("files", [
    {"/etc/systemd/system/k3s.service": f"[Service]\nExecStart=/usr/local/bin/{K3S}\n"},
    {"/etc/rancher/k3s/config.yaml": CONFIG},
    {"/etc/rancher/rke2/config.yaml.d/10-x.yaml": CONFIG},
    {"/etc/k0s/k0s.yaml": "kind: ClusterConfig\nspec:\n  network:\n    serviceCIDR: 10.68.0.0/16\n"
     "    podCIDR: 172.20.0.0/16\n    kubeProxy: {mode: ipvs, ipvs: {scheduler: lc}}\n"
     "  api: {extraArgs: {service-node-port-range: 20000-32767}}\n"},
    {"/var/snap/microk8s/current/args/kube-proxy": "--proxy-mode=ipvs\n--ipvs-scheduler=lc\n"
     "--cluster-cidr=172.20.0.0/16\n", "/var/snap/microk8s/current/args/kube-apiserver":
     "--service-cluster-ip-range=10.68.0.0/16\n--service-node-port-range=20000-32767\n"},
])
def test_kubernetes_in_one_program(files: dict[str, Content]) -> None:
    found = adopted(files)
    assert scheduler(found) == "lc" and cluster(found) == RANGES


@pytest.mark.parametrize("name", ["kube-proxy.manifest", "kube-proxy", "kube-proxy.yaml.bak"])
@pytest.mark.parametrize(("command", "args"), [
    ('["/go-runner"]', '["--log-file=/var/log/kube-proxy.log", "/usr/local/bin/kube-proxy", '
     '"--proxy-mode=ipvs", "--ipvs-scheduler=lc"]'),
    ('["/bin/sh", "-c"]', '["mkfifo /tmp/p; exec kube-proxy --ipvs-scheduler=lc 2>&1 | tee x"]'),
    ('["/hyperkube", "proxy"]', '["--ipvs-scheduler=lc"]'),
    ('["env", "A=b", "nice", "-n", "5", "kube-proxy"]', '["--ipvs-scheduler", "lc"]'),
    ('["tini", "--", "nsenter", "-t", "1", "-n", "/x/kube-proxy"]', '["--ipvs-scheduler=lc"]')])
def test_a_static_pod_by_any_name_and_behind_any_wrapper(name: str, command: str,
                                                         args: str) -> None:
    text = POD.format(command=command, args=args)
    assert scheduler(adopted({f"/etc/kubernetes/manifests/{name}": text})) == "lc"
    assert scheduler(adopted({"/etc/kubernetes/manifests/.hidden": text})) is None


START = "#!/bin/sh\nOPTS='--ipvs-scheduler=nq'\nexec /usr/bin/kube-proxy --proxy-mode=ipvs $OPTS\n"


@pytest.mark.parametrize(("path", "text"), [
    ("/etc/supervisord.d/kube-proxy.ini", "[program:p]\ncommand=/opt/start-kube-proxy.sh\n"),
    ("/etc/service/kube-proxy/run", START), ("/etc/init.d/kube-proxy", START),
    ("/etc/rc.local", "nohup /opt/start-kube-proxy.sh &\n"),
    ("/etc/cron.d/kube-proxy", "@reboot root /usr/bin/kube-proxy --ipvs-scheduler=nq\n"),
    ("/etc/monit/conf.d/p", 'check process p\n  start program = "/opt/start-kube-proxy.sh"\n'),
    ("/opt/k8s/docker-compose.yml",
     "services: {p: {image: x, command: [kube-proxy, --ipvs-scheduler=nq]}}\n"),
])
def test_other_starters_than_systemd_and_pods(path: str, text: str) -> None:
    found = adopted({"/opt/start-kube-proxy.sh": START, path: text})
    assert scheduler(found) == "nq" and path in notes(found)


def test_a_starter_that_is_not_plain_is_named() -> None:
    found = adopted({"/etc/supervisord.d/x.ini": "[program:kube-proxy]\ncommand=python /x.py\n"})
    assert "/etc/supervisord.d/x.ini (supervisord) speaks of kube-proxy" in notes(found)


def by_file(text: str) -> Adopted:
    return adopted({**started("--config=/etc/p.yaml"), "/etc/p.yaml": text})


# each read by kube-proxy 1.34.4 itself: it takes the first document, and the last of two keys
@pytest.mark.parametrize("text", [
    "mode: ipvs\nipvs: {scheduler: wrr}\n---\nmode: iptables\n",
    "mode: ipvs\nipvs: {scheduler: wrr}\n---\na: b: c\n", "---\nmode: ipvs\nipvs: {scheduler: wrr}",
    "mode: ipvs\nx: &a {scheduler: wrr}\nipvs: *a\n",
    '{"mode":"ipvs",\n\t"ipvs":{"scheduler":"wrr"}}',
    "mode: ipvs\nipvs: {scheduler: rr}\nipvs: {scheduler: wrr}\n",
    "\ufeffmode: ipvs\nipvs: {scheduler: wrr}\n"])
def test_the_file_is_read_as_kube_proxy_reads_it(text: str) -> None:
    assert scheduler(by_file(text)) == "wrr"


def test_what_it_writes_is_read_back() -> None:
    found = by_file("mode: ipvs\nclientConnection: {qps: 5, burst: 10}\n")
    assert "qps: 5\n" in found.text and found.refused == ()


def test_nothing_of_the_file_is_lost_without_a_word() -> None:
    said = notes(by_file("mode: ipvs\nfoo: 0\nconntrack: {max: 0}\nipvs: {syncPeriod: 0s}\nbar:\n"))
    assert "left out kubeProxy.config.foo (0): `foo` is not a key" in said and "known here" in said
    assert "left out kubeProxy.config.conntrack.max (0)" in said and "kubeProxy.config.bar" in said
    assert "takes its own default for what is 0 or false in its file" in said


def test_a_script_is_no_list_of_modules() -> None:
    found = adopted({"/etc/modules-load.d/x.conf":
                     "#!/bin/bash\nfor m in ip_vs; do\n  modprobe -- $m\ndone\n"})
    assert "/etc/modules-load.d/x.conf is a script" in notes(found)
    assert "modules" not in yaml.safe_load(found.text)["os"]


def test_modprobes_options_come_along_and_what_does_not_is_told() -> None:
    text = "options ip_vs conn_tab_bits=20\nblacklist ip_vs\n"
    found = adopted({"/etc/modprobe.d/ipvs.conf": text,
                     "/etc/ssh/sshd_config.d/hard.conf": "PasswordAuthentication no\n",
                     "/etc/security/limits.d/k.conf": "* - nofile 65536\n"})
    assert [(one.path, one.content) for one in found.profile.os.files] == [
        ("/etc/modprobe.d/ipvs.conf", "options ip_vs conn_tab_bits=20\n")]
    said = notes(found)
    assert "keeps out ip_vs" in said and "PasswordAuthentication no (line 1)" in said
    assert "/etc/security/limits.d/k.conf: limits of processes" in said
    assert found.notes[-1].text.startswith("looked at: ")
