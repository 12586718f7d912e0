"""A CentOS 7 with the packages kubernetes-node: flags in KUBE_PROXY_ARGS, modules in scripts."""

from __future__ import annotations

from imagegen.adopt.adopt import Wishes
from tests.adopt.nodes import Content
from tests.adopt.shapes.keys import CA

FILES: dict[str, Content] = {
    "/etc/os-release": 'NAME="CentOS Linux"\nID="centos"\nVERSION_ID="7"\n',
    "/usr/lib/systemd/system/kube-proxy.service":
        "[Unit]\nDescription=Kubernetes Kube-Proxy Server\nAfter=network.target\n\n[Service]\n"
        "EnvironmentFile=-/etc/kubernetes/config\nEnvironmentFile=-/etc/kubernetes/proxy\n"
        "ExecStart=/usr/bin/kube-proxy \\\n\t    $KUBE_LOGTOSTDERR \\\n\t    $KUBE_LOG_LEVEL \\\n"
        "\t    $KUBE_MASTER \\\n\t    $KUBE_PROXY_ARGS\nRestart=on-failure\n"
        "LimitNOFILE=65536\n\n[Install]\nWantedBy=multi-user.target\n",
    "/etc/kubernetes/config": 'KUBE_LOGTOSTDERR="--logtostderr=true"\nKUBE_LOG_LEVEL="--v=4"\n'
                              'KUBE_MASTER="--master=http://127.0.0.1:8080"\n',
    "/etc/kubernetes/proxy": 'KUBE_PROXY_ARGS="--proxy-mode=ipvs --ipvs-scheduler=lc '
                             '--masquerade-all=true --cluster-cidr=172.17.0.0/16 '
                             '--kubeconfig=/etc/kubernetes/proxy.kubeconfig"\n',
    "/etc/sysctl.conf": "net.ipv4.ip_forward = 1\nnet.ipv4.tcp_tw_recycle = 0\n",
    "/etc/sysctl.d/99-sysctl.conf": "-> ../sysctl.conf",
    "/etc/sysctl.d/k8s.conf": "net.bridge.bridge-nf-call-iptables = 1\nvm.swappiness = 0\n",
    "/etc/sysconfig/modules/ipvs.modules":
        ("#!/bin/bash\nmodprobe -- ip_vs\nmodprobe -- ip_vs_rr\nmodprobe -- ip_vs_wrr\n"
         "modprobe -- ip_vs_sh\nmodprobe -- nf_conntrack_ipv4\n", 0o755),
    "/etc/rc.d/rc.local": ("#!/bin/bash\ntouch /var/lock/subsys/local\nmodprobe ip_vs_lc\n"
                           "swapoff -a\n", 0o755),
    "/etc/rc.local": "-> rc.d/rc.local",
    "/etc/chrony.conf": "server ntp.example.org iburst\nserver 192.0.2.7 iburst key 3\n"
                        "driftfile /var/lib/chrony/drift\nallow 10.0.0.0/8\n",
    "/etc/pki/ca-trust/source/anchors/company.pem": CA,
    "/etc/yum.conf": "[main]\nproxy=http://proxy.example.org:3128\n",
    "/etc/yum.repos.d/CentOS-Base.repo": "[base]\nbaseurl=http://mirror.centos.org/centos/7/os\n",
    "/etc/yum.repos.d/kubernetes.repo": "[k]\nname=k\nbaseurl=https://mirror.example.org/k8s\n",
    "/etc/default/grub": 'GRUB_CMDLINE_LINUX="crashkernel=auto rd.lvm.lv=centos/root rhgb quiet '
                         'user_namespace.enable=1"\n',
    "/etc/fstab": "/dev/mapper/centos-root / xfs defaults 0 0\n"
                  "#/dev/mapper/centos-swap swap swap defaults 0 0\n",
    "/etc/docker/daemon.json": '{"exec-opts": ["native.cgroupdriver=systemd"]}\n',
}
# what `rpm -qa --qf '%{NAME}\n'` says there
WISHES = Wishes(kubernetes="1.20.2", packages=(
    "kernel", "systemd", "ipvsadm", "ipset", "kubernetes-node", "kubernetes-client", "docker",
    "nfs-utils", "socat", "conntrack-tools", "chrony"))
