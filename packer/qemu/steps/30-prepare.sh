#!/bin/sh
# What a node's first boot would otherwise spend its time on.
set -eu
echo "imagegen step 30: prepare"
"$(cat /usr/lib/imagegen/python.path)" -I -S /usr/lib/imagegen/ipvs-check.pyz compile
systemctl daemon-reload
