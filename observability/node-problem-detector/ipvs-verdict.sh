#!/bin/sh
# A plugin of the Node Problem Detector's custom plugin monitor: 0 healthy, 1 a problem, 2 unknown,
# and one line of at most 80 bytes. It only reads what the node's last check has left, so it needs
# neither Python nor rights and works in NPD's own container with the host's /run/imagegen mounted.
#
#   ipvs-verdict.sh condition       what the last verdict says
#   ipvs-verdict.sh event MINUTES   the same of a verdict that is younger, else 0: one event a verdict
set -eu

file=${IPVS_VERDICT:-/run/imagegen/verdict.npd}

if ! read -r code words 2>/dev/null <"$file"; then
  [ "${1:-condition}" = event ] && exit 0
  echo "there is no verdict of ipvs-check yet"
  exit 2
fi
case "$code" in
  0 | 1 | 2) ;;
  *) code=2 words="the verdict in $file cannot be read" ;;
esac
if [ "${1:-condition}" = event ] && [ -z "$(find "$file" -mmin "-${2:-1}")" ]; then
  exit 0
fi
printf '%.80s\n' "$words"
exit "$code"
