#!/bin/bash
# Starts this project's server for run-peers.sh (SERVER_START_CMD), configures
# it at the first start, and stays in the foreground until TERM. BENCH_PAIR=1
# makes it one of a failover pair (BENCH_ROLE: main or backup); the main is
# started first, and waits with its own service until both are NORMAL. BENCH_BIN
# is the folder of the programs.
set -eu
cd "$(dirname "$0")/.."
role=${BENCH_ROLE:-main}
data=$BENCH_DIR/data-$role bin=${BENCH_BIN:-bin}
"$bin/dhcpd" -data "$data" -interface "$BENCH_IF" -rpc off -log warn &
pid=$!
trap 'kill -TERM $pid; wait $pid; exit 0' TERM INT
nrcmd() { "$bin/nrcmd" -C "unix:$data/rpc.sock" "$@"; }
pair() {
	[ "${BENCH_PAIR:-}" = 1 ] || return 0
	# 1 %: of the pool of 8 million; the share of a real pool is about as many.
	echo "failover-pair bench create $BENCH_PEER_ADDR $BENCH_PEER_BACKUP_ADDR backup-pct=1%"
}
if [ ! -e "$BENCH_DIR/configured-$role" ]; then
	for _ in $(seq 200); do
		nrcmd dhcp getHealth >/dev/null 2>&1 && break
		sleep 0.05
	done
	nrcmd -b --stop >/dev/null <<C
dhcp set log-settings=default,no-failover-activity
dhcp set defer-lease-extensions=false
dhcp set max-dhcp-requests=1500
policy default setLeaseTime $BENCH_LEASE_SECONDS
scope bench create ${BENCH_SUBNET%/*} 255.0.0.0
scope bench addRange $BENCH_POOL_FIRST $BENCH_POOL_LAST
$(pair)
dhcp reload
C
	: >"$BENCH_DIR/configured-$role"
fi
if [ "${BENCH_PAIR:-}" = 1 ] && [ "$role" = main ]; then
	# NORMAL on both sides, the backup has its share, and no update is under way
	# twice in a row.
	quiet=0
	for _ in $(seq 240); do
		if nrcmd -r dhcp getRelatedServers 'column-separator=|' | grep -q '| *0 *| *OK *| *NORMAL *| *BACKUP *| *NORMAL' &&
			nrcmd scope bench getUtilization | grep -q 'other-available=[1-9]'; then
			quiet=$((quiet + 1))
			[ $quiet -ge 2 ] && : >"$BENCH_DIR/shared" && break
		else
			quiet=0
		fi
		sleep 0.5
	done
fi
wait $pid
