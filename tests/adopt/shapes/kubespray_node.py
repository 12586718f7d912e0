"""A node of kubespray's: nginx-proxy, its own files of modules, kubelet from /usr/local/bin."""

from __future__ import annotations

from imagegen.adopt.adopt import Wishes
from tests.adopt.nodes import Content

FILES: dict[str, Content] = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/modules-load.d/kube_proxy-ipvs.conf": "ip_vs\nip_vs_rr\nip_vs_wrr\nip_vs_sh\n"
                                                "nf_conntrack\n",
    "/etc/modules-load.d/kubespray-br_netfilter.conf": "br_netfilter\n",
    "/etc/sysctl.d/99-sysctl.conf": "net.ipv4.ip_forward=1\nkernel.keys.root_maxbytes=25000000\n"
                                    "net.ipv4.ip_local_reserved_ports=30000-32767\n",
    "/etc/kubernetes/kube-proxy-config.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy}
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
    clusterCIDR: 10.233.64.0/18
    nodePortAddresses: [192.0.2.0/24]
    ipvs: {scheduler: rr, strictARP: true, excludeCIDRs: [192.0.2.100/32]}
""",
    "/etc/systemd/system/kubelet.service":
        "[Unit]\nDescription=Kubernetes Kubelet Server\n[Service]\n"
        "EnvironmentFile=-/etc/kubernetes/kubelet.env\n"
        "ExecStart=/usr/local/bin/kubelet \\\n\t\t$KUBE_LOGTOSTDERR \\\n\t\t$KUBELET_API_SERVER\n"
        "Restart=always\n[Install]\nWantedBy=multi-user.target\n",
    "/etc/kubernetes/kubelet.env":
        'KUBE_LOGTOSTDERR="--v=2"\nKUBELET_API_SERVER="--config=/etc/kubernetes/kubelet-config.yaml'
        ' --kubeconfig=/etc/kubernetes/kubelet.conf --hostname-override=node3"\n',
    "/etc/kubernetes/kubelet-config.yaml": "kind: KubeletConfiguration\nmaxPods: 110\n",
    "/etc/systemd/system/containerd.service":
        "[Service]\nExecStartPre=-/sbin/modprobe overlay\nExecStart=/usr/local/bin/containerd\n"
        "[Install]\nWantedBy=multi-user.target\n",
    "/etc/containerd/config.toml": 'version = 3\nroot = "/data/containerd"\n'
        "[plugins.'io.containerd.cri.v1.images'.pinned_images]\n"
        "sandbox = 'registry.k8s.io/pause:3.10'\n",
    "/etc/systemd/timesyncd.conf.d/kubespray.conf": "[Time]\nNTP=ntp.example.org\n",
}
WISHES = Wishes(kubernetes="1.34.4", service_cidr="10.233.0.0/18",
                api_servers=("192.0.2.10:6443",))
