#!/bin/sh
# What is installed now: name, version and architecture, a line a package. And SELinux's labels: tar
# gave the node's files those of their folders.
set -eu
echo "imagegen step 35: the list of packages, and SELinux's labels"
rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\n' >/run/imagegen-build/packages.tsv
if [ -d /sys/fs/selinux ] && command -v restorecon >/dev/null; then
  tar -tf /run/imagegen-build/media/node.tar | sed 's,^,/,' | restorecon -i -f -
fi
