#!/bin/bash
# What clients of a main in NORMAL wait for an answer while the partner is near
# or far: DISCOVER to OFFER and REQUEST to ACK at a steady rate, for some round
# trip times between the two servers, which a hub in user space makes. Needs
# root: it makes three network namespaces and removes them.
#   RTTS="0 50 200" RATE=2000 DURATION=5s bench/rtt.sh
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
tmp=$(mktemp -d "${TMPDIR:-/tmp}/leasehold-rtt.XXXXXX")
id=$$ pids=() hub=
cli=lht$id-c main=lht$id-m backup=lht$id-b
cleanup() {
	local p n
	for p in "${pids[@]}"; do kill -TERM "$p" 2>/dev/null && wait "$p" 2>/dev/null || true; done
	[ -z "$hub" ] || { exec {HUB[1]}>&- && wait "$hub" 2>/dev/null; } || true
	for n in $cli $main $backup; do ip netns del "$n" 2>/dev/null || true; done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
go build -o "$tmp/" ./test/dhcpload ./test/hub/join
for n in $cli $main $backup; do ip netns add $n; done
ip link add bench0 netns $cli type veth peer name bench0 netns $main
ip link add bench0 netns $backup type veth peer name bench1 netns $cli
coproc HUB { exec "$tmp/join" peer0 $main $backup; }
hub=$HUB_PID
read -r _ <&"${HUB[0]}" # joined
ip -n $cli addr add 10.255.0.1/16 dev bench0
ip -n $main addr add 10.255.255.1/16 dev bench0
ip -n $backup addr add 10.254.255.1/16 dev bench0
ip -n $main addr add 10.253.0.1/24 dev peer0
ip -n $backup addr add 10.253.0.2/24 dev peer0
for d in "$cli bench0" "$cli bench1" "$main bench0" "$main peer0" "$backup bench0" "$backup peer0"; do
	set -- $d
	ip -n $1 link set lo up
	ip -n $1 link set $2 up
done
export BENCH_PAIR=1 BENCH_DIR=$tmp BENCH_IF=bench0 BENCH_PEER_ADDR=10.253.0.1 BENCH_PEER_BACKUP_ADDR=10.253.0.2 \
	BENCH_SUBNET=10.0.0.0/8 BENCH_POOL_FIRST=10.0.0.1 BENCH_POOL_LAST=10.15.255.254 BENCH_LEASE_SECONDS=604800
for role in main backup; do
	BENCH_ROLE=$role ip netns exec ${!role} bench/start-project.sh 2>>"$tmp/log" &
	pids+=($!)
done
for _ in $(seq 1200); do
	[ -e "$tmp/shared" ] && break
	sleep 0.1
done
[ -e "$tmp/shared" ] || { echo "rtt: not both NORMAL within 120 s" >&2; cat "$tmp/log" >&2; exit 1; }
delay() { # MS on the way there and back together
	awk -v rtt="$1" 'BEGIN {print rtt / 2}' >&"${HUB[1]}"
	read -r _ <&"${HUB[0]}"
}
load() { ip netns exec $cli "$tmp/dhcpload" -server 10.255.255.1 -local 10.255.0.1 -pool 10.0.0.0/8 -rate "${RATE:-2000}" -duration "${DURATION:-5s}" "$@"; }
load -duration 1s >/dev/null # warm-up
echo "$(uname -sr), $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg), ${RATE:-2000} DORA/s"
echo "| round trip between the servers, ms | offer p50 ms | p99 | ack p50 ms | p99 | lost % |"
echo "| --- | --- | --- | --- | --- | --- |"
first=1000000
for ms in ${RTTS:-0 50 200}; do
	delay "$ms"
	load -first $first >"$tmp/out"
	first=$((first + 1000000))
	awk -v ms="$ms" '
		/discover-offer/ {for (i = 1; i < NF; i++) {if ($i == "p50") o50 = $(i + 1); if ($i == "p99") o99 = $(i + 1)}}
		/request-ack/ {for (i = 1; i < NF; i++) {if ($i == "p50") a50 = $(i + 1); if ($i == "p99") a99 = $(i + 1)}}
		/^dora:/ {sub(/.*lost /, ""); sub(/%.*/, ""); lost = $0}
		END {printf "| %s | %s | %s | %s | %s | %s |\n", ms, o50, o99, a50, a99, lost}' "$tmp/out"
done
