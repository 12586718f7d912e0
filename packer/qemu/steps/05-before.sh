#!/bin/sh
# Opens the volume that the node's files come on, and runs the profile's own scripts.
set -eu
echo "imagegen step 05: before"
mkdir -p /run/imagegen-build/media
mount -o ro /dev/disk/by-label/cidata /run/imagegen-build/media
tar -xf /run/imagegen-build/media/node.tar -C / --no-same-owner --keep-directory-symlink \
  --no-overwrite-dir usr/lib/imagegen
[ ! -f /usr/lib/imagegen/run-hooks ] || sh /usr/lib/imagegen/run-hooks before
