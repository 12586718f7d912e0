#!/bin/sh
# Makes a stock cloud image the node that a baked image is from the start. Runs once, from runcmd.
# The order is the build's own: scripts before, packages, files, programs, the system, scripts after.
set -eu
umask 022
here=/run/imagegen-first-boot
trap '[ $? = 0 ] || echo "imagegen: the first boot FAILED; read /var/log/cloud-init-output.log" >/dev/console' EXIT

unpack() {
  tar -xf "$here/node.tar" -C / --no-same-owner --keep-directory-symlink --no-overwrite-dir "$@"
}

# apt or dnf must know the node's proxy and mirrors before it brings the packages
for part in usr/lib/imagegen etc/apt usr/share/keyrings etc/dnf etc/yum.repos.d etc/pki/rpm-gpg; do
  ! tar -tf "$here/node.tar" "$part" >/dev/null 2>&1 || unpack "$part"
done
if [ -f /etc/apt/sources.list.d/imagegen.sources ]; then
  rm -f /etc/apt/sources.list
  find /etc/apt/sources.list.d -type f ! -name imagegen.sources -delete
fi
[ ! -f /usr/lib/imagegen/only-repositories ] || sh /usr/lib/imagegen/only-repositories
[ ! -f /usr/lib/imagegen/run-hooks ] || sh /usr/lib/imagegen/run-hooks before
sh "$here/packages.sh"
python=$(cat /usr/lib/imagegen/python.path)
# before the rest, so that a damaged one stops the boot while no unit of the node's is there
"$python" -I "$here/unpack.py" "$here/ipvs-check.pyz.bz2" /usr/lib/imagegen/ipvs-check.pyz
echo "imagegen: laying down the node's files"
unpack
for program in "$here"/program-*.json; do
  [ -e "$program" ] || continue
  "$python" -I "$here/program.py" "$program"
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
