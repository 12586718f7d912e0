"""The one command that brings a node's files: it lists what is read, and no key is among it."""

from __future__ import annotations

SSH = r"""ssh root@NODE 'cd / && find etc home root/.ssh run/sysctl.d run/modules-load.d usr/lib \
  usr/local usr/share/keyrings opt data srv var/lib/dpkg var/lib/kube-proxy var/lib/kubelet \
  var/lib/rancher/rke2/agent/pod-manifests -maxdepth 6 ! -type d -size -16384k \
  ! -iname "*kubeconfig*" ! -iname "*.key" ! -name "*.keys" ! -name "*key.pem" ! -name "*shadow*" \
  ! -path "etc/apt/auth*" \( -path "*/sysctl.d/*" -o -path "etc/rancher/*.yaml" \
  -o -path "*/modules-load.d/*" -o -path "*/sysconfig/modules/*" -o -path "*/kube-proxy/*" \
  -o -path "etc/systemd/*" -o -path "*/systemd/system/*kube*" -o -path "*/systemd/system/*.d/*" \
  -o -name "*kube-proxy*" -o -name os-release -o -name sysctl.conf -o -name rc.local \
  -o -path etc/modules -o -path etc/kubernetes/config -o -path etc/kubernetes/proxy \
  -o -path "etc/kubernetes/*.env" -o -name "kubelet*config*" \
  -o -path "*/pod-manifests/*" -o -path etc/passwd -o -path etc/group -o -path "etc/sudoers*" \
  -o -name "authorized_keys*" -o -path "etc/ssh/authorized_keys*" -o -path "etc/ssh/sshd_config*" \
  -o -path "*/ca-certificates/*" -o -path "*/ca-trust/source/anchors/*" -o -path etc/environment \
  -o -path etc/profile -o -path "etc/apt/*" -o -path "usr/share/keyrings/*" -o -path etc/yum.conf \
  -o -path etc/dnf/dnf.conf -o -path "etc/yum.repos.d/*" -o -path "etc/pki/rpm-gpg/*" \
  -o -path "etc/dnf/vars/*" -o -path "etc/chrony*" \
  -o -name "ntp*.conf" -o -path "etc/default/grub*" -o -path etc/kernel/cmdline -o -path etc/fstab \
  -o -path etc/containerd/config.toml -o -path etc/docker/daemon.json -o -path etc/crio/crio.conf \
  -o -path var/lib/dpkg/status -o -path "var/lib/kubelet/*.yaml" -o -name kubeadm-flags.env \
  -o -size -64k \( -name "*.sh" -o -path "usr/local/*bin/*" -o -path "etc/default/*" \
  -o -path "etc/sysconfig/*" \) \) \
  ! -exec grep -qsE "PRIVATE KEY-|client-key-data:|^ *(- *)?token:" {} \; -print 2>/dev/null \
  | tar -czf - -T -' | imagegen adopt -"""
