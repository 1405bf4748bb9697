#!/bin/bash
# make bench: this project's server, alone and as the main of a pair, beside the
# installed peers in one run; then what a partner costs the main, with the two in
# turn; what a pair takes to bring a server up to date, what a far partner costs
# its clients, and how the cost per packet and the start grow with leases and
# scopes.
#   bench/run.sh [OUTPUT-FOLDER]
#   PEERS="kea-mt kea-ha" PAIR=0 SCALE=0 bench/run.sh    peers, and what to leave out
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$(mktemp -d "${TMPDIR:-/tmp}/leasehold-bench.XXXXXX")}
mkdir -p "$out"
export SERVER_START_CMD="exec $here/start-project.sh"
"$here/run-peers.sh" -o "$out" ${PEERS:-echo-sync dnsmasq isc kea-mt kea-ha} project project-pair
if [ "${PAIR:-1}" != 0 ]; then
	"$here/pair.sh" "$out"
	"$here/rtt.sh" | tee "$out/rtt.md"
	"$here/resync.sh" | tee "$out/resync.md"
fi
[ "${SCALE:-1}" = 0 ] || "$here/scale.sh" | tee "$out/scale.md"
echo "everything is in $out"
