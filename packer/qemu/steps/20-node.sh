#!/bin/sh
# Lays down the node's file system and the kube-proxy program.
set -eu
umask 022
echo "imagegen step 20: the node's files"
media=/run/imagegen-build/media
tar -xf "$media/node.tar" -C / --no-same-owner --keep-directory-symlink \
  --no-overwrite-dir
program=$(cat /usr/lib/imagegen/kube-proxy.path)
mkdir -p "$(dirname "$program")"
install -m 0755 -o root -g root "$media/kube-proxy" "$program"
