#!/bin/sh
# Brings about what no file alone can: accounts, owners, trust, the states of units, the boot menu.
# Each is told by a file of /usr/lib/imagegen, one thing a line; it runs in cloud-init/full as well.
set -eu
umask 022
echo "imagegen step 25: the system"
here=/usr/lib/imagegen

rows() {
  if [ -f "$here/$1" ]; then sed '/^#/d' "$here/$1"; fi
}

rows accounts | while read -r name shell _; do
  id -u "$name" >/dev/null 2>&1 || useradd --create-home --user-group "$name"
  usermod --shell "$shell" "$name"
done
# a second round, since one account's group may be another's own
rows accounts | while read -r name _ groups; do
  [ "$groups" = - ] || usermod --append --groups "$groups" "$name"
done

rows owners | while read -r owner path; do
  chown --no-dereference "$owner" "$path"
done

rows unit-states | while read -r verb unit; do
  systemctl --no-reload "$verb" "$unit"
done

rows trust | while read -r command; do
  sh -c "$command"
done

# With sources of the profile's own, the distribution's would bring packages from elsewhere.
if [ -f /etc/apt/sources.list.d/imagegen.sources ]; then
  rm -f /etc/apt/sources.list
  find /etc/apt/sources.list.d -type f ! -name imagegen.sources -delete
fi
[ ! -f "$here/only-repositories" ] || sh "$here/only-repositories"

# Swap is off where its target is masked: fstab may not bring it back by `swapon -a`.
if [ "$(readlink /etc/systemd/system/swap.target)" = /dev/null ] && [ -f /etc/fstab ]; then
  swapoff -a
  sed -i -E 's/^([^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]]|$))/# imagegen: swap is off: \1/' /etc/fstab
fi

# A root that is an overlay is mounted by the initramfs alone, and nothing writes to what starts it.
if [ -f /etc/initramfs-tools/scripts/init-bottom/imagegen-overlay ]; then
  sed -i -E 's,^([^#[:space:]]+[[:space:]]+(/|/boot|/boot/efi)[[:space:]]),# imagegen: the root is an overlay: \1,' /etc/fstab
  update-initramfs -u -k all
fi

if [ -f "$here/kernel-arguments" ]; then
  if command -v update-grub >/dev/null; then
    update-grub
  else
    grubby --update-kernel=ALL --args="$(rows kernel-arguments | tr '\n' ' ')"
  fi
  # where the running kernel was started without them, as on a stock image's first boot
  touch /run/imagegen-reboot
fi
