"""The one command that brings a node's files: it lists what is read, and no key is among it."""

from __future__ import annotations

SSH = r"""ssh root@NODE 'cd / && find etc run/sysctl.d run/modules-load.d usr/lib usr/local/lib \
  opt data var/lib/kube-proxy var/lib/dpkg -maxdepth 5 -size -16384k ! -type d \
  ! -name "*kubeconfig*" ! -name "*.key" ! -name "*.pem" \( -path "*/sysctl.d/*" \
  -o -path "*/modules-load.d/*" -o -path "*/sysconfig/modules/*" -o -path "*/kube-proxy/*" \
  -o -path "*/systemd/system/*kube*" -o -name "*kube-proxy*" -o -name os-release \
  -o -name sysctl.conf -o -path etc/modules -o -path etc/kubernetes/config \
  -o -path etc/kubernetes/proxy -o -path var/lib/dpkg/status \) 2>/dev/null \
  | tar -czf - -T -' | imagegen adopt -"""
