"""A worker of `Kubernetes the hard way`: units by hand, programs in /usr/local/bin."""

from __future__ import annotations

from imagegen.adopt.adopt import Wishes
from tests.adopt.nodes import Content
from tests.adopt.shapes.keys import PRIVATE

FILES: dict[str, Content] = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/systemd/system/kube-proxy.service":
        "[Unit]\nDescription=Kubernetes Kube Proxy\n[Service]\n"
        "ExecStart=/usr/local/bin/kube-proxy \\\n  --config=/var/lib/kube-proxy/"
        "kube-proxy-config.yaml\nRestart=on-failure\n[Install]\nWantedBy=multi-user.target\n",
    "/var/lib/kube-proxy/kube-proxy-config.yaml":
        "kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
        "clientConnection:\n  kubeconfig: /var/lib/kube-proxy/kubeconfig\n"
        'mode: "iptables"\nclusterCIDR: "10.200.0.0/16"\n',
    "/var/lib/kube-proxy/kubeconfig": "users: [{user: {client-key-data: YWJj}}]\n",
    "/etc/systemd/system/kubelet.service":
        "[Unit]\nDescription=Kubernetes Kubelet\nRequires=containerd.service\n[Service]\n"
        "ExecStart=/usr/local/bin/kubelet \\\n  --config=/var/lib/kubelet/kubelet-config.yaml \\\n"
        "  --kubeconfig=/var/lib/kubelet/kubeconfig \\\n  --register-node=true --v=2\n"
        "[Install]\nWantedBy=multi-user.target\n",
    "/usr/local/bin/kubelet": (b"\x7fELF\x02 no kubelet", 0o755),
    "/var/lib/kubelet/kubelet-config.yaml": "kind: KubeletConfiguration\n",
    "/var/lib/kubelet/node-key.pem": PRIVATE,
    "/etc/systemd/system/containerd.service":
        "[Service]\nExecStartPre=/sbin/modprobe overlay\nExecStart=/bin/containerd\n"
        "[Install]\nWantedBy=multi-user.target\n",
    "/etc/containerd/config.toml": 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\n'
        '  snapshotter = "overlayfs"\n  default_runtime_name = "runc"\n',
    "/etc/systemd/system/etcd.service": "[Service]\nExecStart=/usr/local/bin/etcd --name=one\n",
    "/etc/modules": "br-netfilter\n",
}
WISHES = Wishes(kubernetes="1.34.4")
