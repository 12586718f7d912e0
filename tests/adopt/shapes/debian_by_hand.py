"""A Debian 12 that somebody set up by hand: ssh, sysctl.conf, a unit here and a script there."""

from __future__ import annotations

from imagegen.adopt.adopt import Wishes
from tests.adopt.nodes import Content
from tests.adopt.shapes.keys import CA, ED25519, PRIVATE

FILES: dict[str, Content] = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n"
                   "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n"
                   "anna:x:1000:1000:Anna,,,:/home/anna:/bin/bash\n"
                   "bert:x:1001:1001::/home/bert:/usr/bin/zsh\n"
                   "kept:$6$saltsalt$abcdefgh:1002:1002::/home/kept:/bin/sh\n"
                   "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nsudo:x:27:anna\nadm:x:4:anna,bert\ndocker:x:999:anna\n"
                  "anna:x:1000:\nbert:x:1001:\nkept:x:1002:\n",
    "/etc/shadow": "anna:$6$saltsalt$abcdefgh:19000:0:99999:7:::\n",
    "/home/anna/.ssh/authorized_keys": f"# laptop\n{ED25519}\n",
    "/home/anna/.ssh/id_ed25519": PRIVATE,
    "/home/bert/.ssh/authorized_keys": "ssh-dss AAAAB3NzaC1kc3MAAACB bert\n",
    "/root/.ssh/authorized_keys": f"{ED25519}\n",
    "/usr/local/share/ca-certificates/Company Root CA 2.crt": CA,
    "/usr/local/share/ca-certificates/with-key.crt": CA + PRIVATE,
    "/etc/environment": 'HTTP_PROXY="http://proxy.example.org:3128"\n'
                        "HTTPS_PROXY=http://proxy.example.org:3128\n"
                        "NO_PROXY=localhost,.example.org,192.0.2.0/24\n",
    "/etc/apt/apt.conf.d/99proxy": 'Acquire::http::Proxy "http://apt.example.org:3142";\n',
    "/etc/apt/sources.list": "# deb cdrom:[x]\n"
                             "deb http://mirror.example.org/debian bookworm main contrib\n"
                             "deb-src http://mirror.example.org/debian bookworm main\n"
                             "deb http://user:word@private.example.org/debian bookworm main\n",
    "/etc/apt/sources.list.d/tools.list":
        "deb [arch=amd64 signed-by=/usr/share/keyrings/tools.gpg] "
        "https://tools.example.org/apt stable main\n",
    "/usr/share/keyrings/tools.gpg": b"\x98\x33\x04binary",
    "/etc/systemd/timesyncd.conf": "[Time]\n#NTP=\nNTP=ntp1.example.org ntp2.example.org\n",
    "/etc/default/grub": "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\n"
                         "GRUB_CMDLINE_LINUX=\"transparent_hugepage=never resume=UUID=1234 "
                         "console=ttyS0\"\n",
    "/etc/fstab": "UUID=1 / ext4 defaults 0 1\n/dev/sda5 none swap sw 0 0\n",
    "/etc/sysctl.conf": "vm.swappiness = 10\nnet.core.somaxconn=1024\n",
    "/etc/sysctl.d/99-sysctl.conf": "-> ../sysctl.conf",
    "/etc/sysctl.d/50-tuning.conf": "net.core.somaxconn = 4096\nnet.ipv4.ip_forward = 1\n",
    "/etc/modules": "ip_vs\nip_vs_wrr\n",
    "/etc/rc.local": ("#!/bin/sh -e\nfor m in ipip nf_nat; do modprobe $m; done\n"
                      "echo 1 > /proc/sys/vm/overcommit_memory\nexit 0\n", 0o755),
    "/etc/systemd/system/kube-proxy.service":
        "[Unit]\nDescription=kube-proxy\n[Service]\nEnvironmentFile=/etc/default/kube-proxy\n"
        "ExecStart=/opt/kubernetes/v1.34.4/kube-proxy $KUBE_PROXY_OPTS\nRestart=always\n"
        "[Install]\nWantedBy=multi-user.target\n",
    "/etc/default/kube-proxy": 'KUBE_PROXY_OPTS="--config=/etc/kubernetes/kube-proxy-config.yaml '
                               '--v=2"\n',
    "/etc/kubernetes/kube-proxy-config.yaml":
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
        "clientConnection: {kubeconfig: /etc/kubernetes/kube-proxy.kubeconfig}\n"
        "ipvs: {scheduler: wrr}\nclusterCIDR: 172.30.0.0/16\n",
    "/etc/kubernetes/kube-proxy.kubeconfig": "users: [{user: {token: abc}}]\n",
    "/etc/kubernetes/pki/ca.key": PRIVATE,
    "/etc/systemd/system/tune.service":
        "[Unit]\nDescription=Tune the disks\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
        "ExecStart=/usr/local/sbin/tune --file=/etc/default/tune\n"
        "[Install]\nWantedBy=multi-user.target\n",
    "/etc/systemd/system/multi-user.target.wants/tune.service":
        "-> /etc/systemd/system/tune.service",
    "/usr/local/sbin/tune": ("#!/bin/sh\nmodprobe sch_fq\nblockdev --setra 256 /dev/sda\n", 0o755),
    "/etc/default/tune": "readahead=256\n",
    "/etc/systemd/system/backup.service":
        "[Service]\nEnvironment=BACKUP_PASSWORD=verysecret\nExecStart=/usr/bin/rsync a b\n",
    "/etc/systemd/system/agent.service": "[Service]\nExecStart=/opt/agent/agent --all\n",
    "/opt/agent/agent": (b"\x7fELF\x02\x00\x00", 0o755),
    "/etc/systemd/system/apt-daily.timer": "-> /dev/null",
    "/etc/systemd/system/avahi-daemon.service": "-> /dev/null",
    "/etc/systemd/system/ssh.service.d/10-late.conf": "[Unit]\r\nAfter=network-online.target\r\n",
    "/var/lib/dpkg/status": "Package: jq\nStatus: install ok installed\nVersion: 1.6\n",
}
WISHES = Wishes()
