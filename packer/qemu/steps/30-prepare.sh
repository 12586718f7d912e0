#!/bin/sh
# What a node's first boot would otherwise spend its time on.
set -eu
echo "imagegen step 30: prepare"
python3 -I -S /usr/lib/imagegen/ipvs-check.pyz compile
systemctl daemon-reload
dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n' >/run/imagegen-build/packages.tsv
