#!/bin/sh
# Installs the packages of the plan; their list travels in the node's tar.
set -eu
echo "imagegen step 10: packages"
# A package of modules must fit the kernel that will boot, not the newest one of the mirror.
kernel=$(uname -r)
sed "s/@kernel@/$kernel/" /usr/lib/imagegen/packages |
  xargs dnf -q -y --setopt=install_weak_deps=False --setopt=retries=3 --setopt=timeout=30 install
