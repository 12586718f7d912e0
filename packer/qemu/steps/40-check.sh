#!/bin/sh
# The bake-level verdict: red stops the build before anything is sealed.
set -eu
echo "imagegen step 40: the verdict at level bake"
python3 -I -S /usr/lib/imagegen/ipvs-check.pyz run --level bake --output /run/imagegen-build/verdict.json
sync
