#!/bin/sh
# The bake-level verdict: red stops the build before anything is sealed.
set -eu
echo "imagegen step 40: the verdict at level bake"
"$(cat /usr/lib/imagegen/python.path)" -I -S /usr/lib/imagegen/ipvs-check.pyz run --level bake \
  --output /run/imagegen-build/verdict.json
sync
