#!/bin/sh
# What is installed now: name, version and architecture, a line a package.
set -eu
echo "imagegen step 35: the list of packages"
dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n' >/run/imagegen-build/packages.tsv
