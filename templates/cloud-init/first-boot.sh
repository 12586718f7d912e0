#!/bin/sh
# Makes a stock cloud image the node that a baked image is from the start. Runs once, from runcmd.
set -eu
umask 022
here=/run/imagegen-first-boot
echo "imagegen: laying down the node's files"
tar -xf "$here/node.tar" -C / --no-same-owner --keep-directory-symlink \
  --no-overwrite-dir
"$(cat /usr/lib/imagegen/python.path)" -I "$here/kube_proxy_program.py" "$here/kube-proxy.json"
systemctl daemon-reload
systemd-tmpfiles --create /usr/lib/tmpfiles.d/imagegen.conf 2>/dev/null || :
systemctl restart systemd-modules-load.service systemd-sysctl.service
echo "imagegen: starting kube-proxy and the check"
systemctl start --no-block kube-proxy.service imagegen-check.service
