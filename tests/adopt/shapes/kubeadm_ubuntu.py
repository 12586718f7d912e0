"""An Ubuntu 22.04 that kubeadm joined; the DaemonSet and its ConfigMap were saved beside."""

from __future__ import annotations

from imagegen.adopt.adopt import Wishes
from tests.adopt.nodes import Content

CONFIG = """apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: kube-proxy, namespace: kube-system}
  data:
    config.conf: |-
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      bindAddress: 0.0.0.0
      bindAddressHardFail: false
      clientConnection:
        acceptContentTypes: ""
        burst: 0
        kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
        qps: 0
      clusterCIDR: 10.244.0.0/16
      configSyncPeriod: 0s
      conntrack:
        maxPerCore: null
        min: null
      enableProfiling: false
      healthzBindAddress: ""
      hostnameOverride: ""
      iptables:
        masqueradeAll: false
        masqueradeBit: null
      ipvs:
        excludeCIDRs: null
        scheduler: sh
        strictARP: true
      kind: KubeProxyConfiguration
      metricsBindAddress: 0.0.0.0:10249
      mode: ipvs
      nodePortAddresses: null
    kubeconfig.conf: |-
      users: [{name: default, user: {tokenFile: /var/run/secrets/token}}]
- apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: kube-proxy, namespace: kube-system}
  spec:
    template:
      spec:
        containers:
        - name: kube-proxy
          image: registry.k8s.io/kube-proxy:v1.34.4
          command:
          - /usr/local/bin/kube-proxy
          - --config=/var/lib/kube-proxy/config.conf
          - --hostname-override=$(NODE_NAME)
"""
FILES: dict[str, Content] = {
    "/etc/os-release": 'ID=ubuntu\nVERSION_ID="22.04"\n',
    "/etc/kubernetes/dumps/kube-proxy.yaml": CONFIG,
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n",
    "/etc/apt/sources.list": "deb http://archive.ubuntu.com/ubuntu jammy main universe\n",
    "/etc/apt/sources.list.d/kubernetes.sources":
        "Types: deb\nURIs: https://pkgs.k8s.io/core:/stable:/v1.34/deb/\nSuites: /\n"
        "Signed-By: /etc/apt/keyrings/kubernetes.gpg\n",
    "/etc/apt/keyrings/kubernetes.gpg": b"\x99\x01\x0dbinary",
    "/etc/modules-load.d/k8s.conf": "overlay\nbr_netfilter\n",
    "/etc/sysctl.d/k8s.conf": "net.bridge.bridge-nf-call-iptables = 1\nnet.ipv4.ip_forward = 1\n",
    "/var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\nfailSwapOn: false\n",
    "/etc/fstab": "/swap.img none swap sw 0 0\n",
    "/var/lib/dpkg/status": "\n".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n"
        for name, version in (("kubelet", "1.34.4-1.1"), ("kubeadm", "1.34.4-1.1"),
                              ("containerd", "1.7.12-0ubuntu2"), ("socat", "1.7"))),
}
WISHES = Wishes()
