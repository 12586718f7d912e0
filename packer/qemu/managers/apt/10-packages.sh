#!/bin/sh
# Installs the packages of the plan; their list travels in the node's tar.
# On a stock image (cloud-init/full) it runs as well, and there the packages' services may start.
set -eu
echo "imagegen step 10: packages"
patience=300
export DEBIAN_FRONTEND=noninteractive
if [ -d /run/imagegen-build ]; then
  # Services must not start in the build guest: kube-proxy's left-overs would be baked in.
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 0755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi

# the bytes that came and what dpkg did; an empty file for a new attempt is neither
moved() {
  find /var/lib/apt/lists/partial /var/cache/apt/archives /var/log/dpkg.log -type f -printf '%s\n' \
    2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'
}

# A mirror that falls silent is asked for each file anew, for half an hour: nothing moving ends it.
patiently() {
  "$@" &
  apt=$!
  last=
  while kill -0 "$apt" 2>/dev/null; do
    now=$(moved)
    [ "$now" = "$last" ] || since=$(date +%s)
    last=$now
    if [ $(($(date +%s) - since)) -ge "$patience" ]; then
      kill "$apt"
      echo "imagegen error: the package mirror sent nothing for $patience s"
      exit 1
    fi
    sleep 1
  done
  wait "$apt" && return
  echo "imagegen error: apt could not install the packages; its own words stand above"
  exit 1
}

# without the packages' descriptions in English: megabytes that nobody reads here
patiently apt-get -q -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::Languages=none \
  -o APT::Update::Error-Mode=any update

# apt takes away what conflicts with a package that it is told to install, and asks nobody.
driven_out() {
  # shellcheck disable=SC2086 # a name a word
  apt-get -q -s install --no-install-recommends $1 2>/dev/null |
    sed -n 's/^Remv \([^ :]*\).*/\1/p' |
    grep -E '^(cloud-init|openssh-server|systemd-sysv|udev|python3|initramfs-tools|linux-image-.*|grub-.*)$'
}
names=$(cat /usr/lib/imagegen/packages)
for needed in $(driven_out "$names"); do
  blamed=
  for name in $names; do
    if driven_out "$name" | grep -q -x "$needed"; then blamed=$name; fi
  done
  echo "imagegen error: ${blamed:-one of the packages} drives out $needed, which the node needs"
  exit 1
done
# shellcheck disable=SC2086 # a name a word
patiently apt-get -q -y -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Dpkg::Use-Pty=0 \
  install --no-install-recommends $names
