#!/bin/sh
# Installs the packages of the plan; their list travels in the node's tar.
set -eu
echo "imagegen step 10: packages"
# Services must not start in the build guest: kube-proxy's left-overs would be baked in.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o Acquire::Retries=3 -o Acquire::http::Timeout=30 update
xargs -a /usr/lib/imagegen/packages apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
  install --no-install-recommends
