#!/bin/bash
# make bench: this project's server beside the installed peers in one run, then
# how its cost per packet and its start grow with leases and scopes.
#   bench/run.sh [OUTPUT-FOLDER]     PEERS="isc kea-mt" SCALE=0 bench/run.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$(mktemp -d "${TMPDIR:-/tmp}/leasehold-bench.XXXXXX")}
mkdir -p "$out"
export SERVER_START_CMD="exec $here/start-project.sh"
"$here/run-peers.sh" -o "$out" ${PEERS:-echo-sync dnsmasq isc kea-mt} project
[ "${SCALE:-1}" = 0 ] || "$here/scale.sh" | tee "$out/scale.md"
echo "everything is in $out"
