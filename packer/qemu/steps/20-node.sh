#!/bin/sh
# Lays down the node's file system and the programs that come beside it.
set -eu
umask 022
echo "imagegen step 20: the node's files"
media=/run/imagegen-build/media
tar -xf "$media/node.tar" -C / --no-same-owner --keep-directory-symlink \
  --no-overwrite-dir
for name in kube-proxy kubelet; do
  [ -f "/usr/lib/imagegen/$name.path" ] || continue
  program=$(cat "/usr/lib/imagegen/$name.path")
  mkdir -p "$(dirname "$program")"
  install -m 0755 -o root -g root "$media/$name" "$program"
done
