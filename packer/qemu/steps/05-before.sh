#!/bin/sh
# Opens the volume that the node's files come on, and runs the profile's own scripts.
set -eu
echo "imagegen step 05: before"
mkdir -p /run/imagegen-build/media
mount -o ro /dev/disk/by-label/cidata /run/imagegen-build/media
tar -xf /run/imagegen-build/media/node.tar -C / --no-same-owner --keep-directory-symlink \
  --no-overwrite-dir usr/lib/imagegen
# dnf's packages come from the profile's own repositories from the start
for part in etc/yum.repos.d etc/pki/rpm-gpg; do
  ! tar -tf /run/imagegen-build/media/node.tar "$part" >/dev/null 2>&1 ||
    tar -xf /run/imagegen-build/media/node.tar -C / --no-same-owner --keep-directory-symlink \
      --no-overwrite-dir "$part"
done
[ ! -f /usr/lib/imagegen/only-repositories ] || sh /usr/lib/imagegen/only-repositories
[ ! -f /usr/lib/imagegen/run-hooks ] || sh /usr/lib/imagegen/run-hooks before
