"""An agent of RKE2: kube-proxy is a static pod, its flags come from config.yaml."""

from __future__ import annotations

from imagegen.adopt.adopt import Wishes
from tests.adopt.nodes import Content

FILES: dict[str, Content] = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/rancher/rke2/config.yaml":
        "server: https://192.0.2.5:9345\ntoken: K10abc::server:def\n"
        "kube-proxy-arg:\n- proxy-mode=ipvs\n- ipvs-strict-arp=true\n",
    "/var/lib/rancher/rke2/agent/pod-manifests/kube-proxy.yaml": """apiVersion: v1
kind: Pod
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  hostNetwork: true
  containers:
  - name: kube-proxy
    image: index.docker.io/rancher/hardened-kubernetes:v1.28.9-rke2r1-build20240416
    command: [kube-proxy]
    args:
    - --cluster-cidr=10.42.0.0/16
    - --conntrack-max-per-core=0
    - --healthz-bind-address=127.0.0.1
    - --hostname-override=agent-1
    - --ipvs-strict-arp=true
    - --kubeconfig=/var/lib/rancher/rke2/agent/kubeproxy.kubeconfig
    - --proxy-mode=ipvs
""",
    "/usr/local/lib/systemd/system/rke2-agent.service":
        "[Service]\nExecStart=/usr/local/bin/rke2 agent\n",
    "/etc/sysctl.d/60-rke2-cis.conf": "vm.panic_on_oom=0\nkernel.panic=10\n",
}
WISHES = Wishes()
