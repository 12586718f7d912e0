#!/bin/sh
# Makes a stock cloud image the node that a baked image is from the start. Runs once, from runcmd.
set -eu
umask 022
here=/run/imagegen-first-boot
echo "imagegen: laying down the node's files"
tar -xf "$here/node.tar" -C / --no-same-owner --keep-directory-symlink \
  --no-overwrite-dir
[ ! -f /usr/lib/imagegen/run-hooks ] || sh /usr/lib/imagegen/run-hooks before
for program in "$here"/program-*.json; do
  [ -e "$program" ] || continue
  "$(cat /usr/lib/imagegen/python.path)" -I "$here/program.py" "$program"
done
sh "$here/system.sh"
[ ! -f /usr/lib/imagegen/run-hooks ] || sh /usr/lib/imagegen/run-hooks after
systemctl daemon-reload
if [ -e /run/imagegen-reboot ]; then
  echo "imagegen: the kernel wants other arguments; booting again"
  systemctl --no-block reboot
  exit 0
fi
systemd-tmpfiles --create /usr/lib/tmpfiles.d/imagegen.conf 2>/dev/null || :
systemctl restart systemd-modules-load.service systemd-sysctl.service
# what their packages have started before the node's files were there
for unit in ssh sshd containerd systemd-timesyncd chrony chronyd; do
  systemctl --no-block try-restart "$unit.service" 2>/dev/null || :
done
if [ -f /usr/lib/imagegen/unit-states ]; then
  sed -n 's/^enable //p' /usr/lib/imagegen/unit-states | xargs -r -d '\n' systemctl --no-block start
fi
echo "imagegen: starting what is there of kube-proxy, and the check"
if [ -e /usr/lib/systemd/system/kube-proxy.service ]; then
  systemctl start --no-block kube-proxy.service
fi
systemctl start --no-block imagegen-check.service
