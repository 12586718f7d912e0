#!/bin/sh
# Last of all: takes away what makes this machine itself, and the way in, then powers off.
# The order matters: cloud-init's `clean --machine-id` deletes the file before 23.1, so it is not
# used, and /etc/machine-id is written after everything that might touch it.
set -eu
say() { echo "imagegen seal: $1" >/dev/console; }
trap '[ $? = 0 ] || say "FAILED: the image is not sealed"' EXIT
umount /run/imagegen-build/media
cloud-init clean --logs --seed
# the check tells by it a node that still has a key of the build's own
for key in /etc/ssh/ssh_host_*_key.pub; do
  [ ! -f "$key" ] || printf '%s %s\n' "${key##*/}" \
    "$(cut -d' ' -f2 "$key" | tr -d '\n' | sha256sum | cut -d' ' -f1)"
done >/usr/lib/imagegen/build-identity
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
rm -f /etc/ssh/sshd_config.d/imagegen-build.conf /etc/cloud/cloud.cfg.d/99-imagegen-build.cfg
rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
rm -f /etc/network/interfaces.d/50-cloud-init /etc/netplan/50-cloud-init.yaml
# a link to a resolver's own file stays; what the build's DHCP wrote must go
[ -L /etc/resolv.conf ] || rm -f /etc/resolv.conf
rm -f /etc/systemd/network/10-cloud-init-*.network
rm -f /etc/udev/rules.d/70-persistent-net.rules /etc/hostname
# their packages wrote these when they were installed, and each is one node's own
rm -f /etc/nvme/hostnqn /etc/nvme/hostid
if [ -f /etc/iscsi/initiatorname.iscsi ]; then
  rm -f /etc/iscsi/initiatorname.iscsi
  # EL's iscsi-init.service makes a name where there is none, Debian's iscsid where it is told to
  [ ! -f /lib/open-iscsi/startup-checks.sh ] ||
    echo GenerateName=yes >/etc/iscsi/initiatorname.iscsi
fi
rm -rf /root/.ssh /root/.bash_history /root/.cache /var/lib/dhcp/* /var/lib/systemd/timesync/*
rm -rf /var/cache/dnf/* /var/lib/NetworkManager/*.lease
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb
find /var/log -type f -delete
rm -rf /var/log/journal/*
find /tmp /var/tmp -mindepth 1 -maxdepth 1 -exec rm -rf {} +
# the check tells by it a node that still has the build's own id, or a clock from before the build
if [ -s /etc/machine-id ]; then
  printf 'machine-id %s\nsealed %s\n' "$(tr -d '\n' </etc/machine-id | sha256sum | cut -d' ' -f1)" \
    "$(date +%s)" >>/usr/lib/imagegen/build-identity
fi
rm -f /var/lib/dbus/machine-id
printf 'uninitialized\n' >/etc/machine-id
chmod 0444 /etc/machine-id
sync
fstrim -av || say "fstrim is not possible here; the image is larger than it could be"
say "sealed"
systemctl poweroff
