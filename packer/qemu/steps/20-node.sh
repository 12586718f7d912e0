#!/bin/sh
# Lays down the node's file system and the kube-proxy program.
set -eu
echo "imagegen step 20: the node's files"
media=/run/imagegen-build/media
tar -xf "$media/node.tar" -C / --no-same-owner --keep-directory-symlink
program=$(cat /usr/lib/imagegen/kube-proxy.path)
mkdir -p "$(dirname "$program")"
install -m 0755 -o root -g root "$media/kube-proxy" "$program"
