#!/bin/bash
# Starts this project's server for run-peers.sh (SERVER_START_CMD), configures
# it at the first start, and stays in the foreground until TERM.
set -eu
cd "$(dirname "$0")/.."
data=$BENCH_DIR/data
bin/dhcpd -data "$data" -interface "$BENCH_IF" -rpc 127.0.0.1:1234 -log warn &
pid=$!
trap 'kill -TERM $pid; wait $pid; exit 0' TERM INT
if [ ! -e "$BENCH_DIR/configured" ]; then
	for _ in $(seq 200); do
		bin/nrcmd -C "unix:$data/rpc.sock" dhcp getHealth >/dev/null 2>&1 && break
		sleep 0.05
	done
	bin/nrcmd -C "unix:$data/rpc.sock" -b --stop >/dev/null <<C
dhcp set log-settings=default
dhcp set defer-lease-extensions=false
dhcp set max-dhcp-requests=1500
policy default setLeaseTime $BENCH_LEASE_SECONDS
scope bench create ${BENCH_SUBNET%/*} 255.0.0.0
scope bench addRange $BENCH_POOL_FIRST $BENCH_POOL_LAST
dhcp reload
C
	: >"$BENCH_DIR/configured"
fi
wait $pid
