"""A Rocky Linux 9 with containerd and a kubelet of Kubernetes's own packages."""

from __future__ import annotations

from imagegen.adopt.adopt import Wishes
from tests.adopt.nodes import Content
from tests.adopt.shapes.keys import CA, ED25519

FILES: dict[str, Content] = {
    "/etc/os-release": 'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9"\n',
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nops:x:1000:1000::/home/ops:/bin/bash\n"
                   "runner:x:1500:1500::/srv/runner:/sbin/nologin\n",
    "/etc/group": "root:x:0:\nwheel:x:10:ops\nops:x:1000:\nrunner:x:1500:\n",
    "/home/ops/.ssh/authorized_keys": f'from="192.0.2.0/24" {ED25519}\n',
    "/etc/pki/ca-trust/source/anchors/corp/root.crt": CA,
    "/etc/chrony.conf": "pool 2.rocky.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\n"
                        "driftfile /var/lib/chrony/drift\nkeyfile /etc/chrony.keys\n",
    "/etc/chrony.keys": "1 SHA1 HEX:00112233\n",
    "/etc/systemd/system/containerd.service.d/http-proxy.conf":
        '[Service]\nEnvironment="HTTPS_PROXY=http://proxy.example.org:3128"\n'
        'Environment="NO_PROXY=10.0.0.0/8,.svc"\n',
    "/etc/containerd/config.toml":
        'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n'
        '  sandbox_image = "registry.example.org/pause:3.9"\n'
        '[plugins."io.containerd.grpc.v1.cri".registry]\n'
        '  config_path = "/etc/containerd/certs.d"\n'
        '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n'
        "  SystemdCgroup = true\n",
    "/usr/lib/systemd/system/kubelet.service": "[Service]\nExecStart=/usr/bin/kubelet\n",
    "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf":
        '[Service]\nEnvironment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/'
        'bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"\n'
        'Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"\n'
        "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n"
        "EnvironmentFile=-/etc/sysconfig/kubelet\nExecStart=\n"
        "ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS "
        "$KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n",
    "/etc/sysconfig/kubelet": "KUBELET_EXTRA_ARGS=--node-ip=192.0.2.10 --max-pods=200\n",
    "/var/lib/kubelet/kubeadm-flags.env":
        'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock"'
        "\n",
    "/var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\nfailSwapOn: true\n",
    "/etc/systemd/system/kube-proxy.service":
        "[Service]\nExecStart=/usr/local/bin/kube-proxy --config=/etc/kubernetes/kube-proxy.yaml "
        "--hostname-override=rocky-1\n",
    "/etc/kubernetes/kube-proxy.yaml":
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
        "ipvs:\n  strictARP: true\n",
    "/etc/modules-load.d/ipvs.conf": "ip_vs\nip_vs_rr\n",
    "/etc/kernel/cmdline": "root=/dev/sda3 ro console=tty0 audit=1\n",
}
WISHES = Wishes(kubernetes="1.34.4", packages=("kubelet", "kubeadm", "containerd.io", "chrony",
                                                 "nfs-utils", "conntrack-tools"))
