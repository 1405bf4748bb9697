#!/bin/bash
# What a partner costs a server: one that is alone and the main of a pair in
# NORMAL, with the same load in turn, A B A B, on the same CPU; the ratios of
# the medians, of rates and of CPU time. Needs root: it makes four network
# namespaces and removes them.
#   ROUNDS=5 COUNT=60000 INFLIGHT=256 RATE=5000 MIX=dora=1,renew=1 PRELOAD=2000 bench/pair.sh [OUTPUT-FOLDER]
#   BOTH=1     the relay sends to both servers of the pair
#   DO=command is run beside the load, with the pids of alone, main, backup
# The two servers that are compared have the last CPU for themselves, one of
# them idle. The load generator and the backup have the others; of two CPUs
# they share the first, where the generator goes before the backup.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
out=${1:-}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/leasehold-pair.XXXXXX")
id=$$ pids=()
cli=lhp$id-c alone=lhp$id-a main=lhp$id-m backup=lhp$id-b
cleanup() {
	local p n
	for p in "${pids[@]}"; do kill -TERM "$p" 2>/dev/null && wait "$p" 2>/dev/null || true; done
	for n in $cli $alone $main $backup; do ip netns del "$n" 2>/dev/null || true; done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
go build -o "$tmp/dhcpload" ./test/dhcpload

for n in $cli $alone $main $backup; do
	ip netns add $n
	ip -n $n link set lo up
done
i=5
for n in $main $backup $alone; do # clients' side: 10.255, 10.254, 10.253
	ip link add bench$i netns $cli type veth peer name bench0 netns $n
	ip -n $cli addr add 10.25$i.0.1/16 dev bench$i
	ip -n $n addr add 10.25$i.255.1/16 dev bench0
	ip -n $cli link set bench$i up
	ip -n $n link set bench0 up
	i=$((i - 1))
done
ip link add peer0 netns $main type veth peer name peer0 netns $backup
ip -n $main addr add 10.252.0.1/24 dev peer0
ip -n $backup addr add 10.252.0.2/24 dev peer0
ip -n $main link set peer0 up
ip -n $backup link set peer0 up
ip -n $backup route add 10.255.0.0/16 via 10.254.0.1 # answers go to the relay
last=$(($(nproc) - 1))
others=0
[ "$last" -lt 2 ] || others=0-$((last - 1))
[ "$last" -gt 0 ] || others=0

export BENCH_IF=bench0 BENCH_PEER_ADDR=10.252.0.1 BENCH_PEER_BACKUP_ADDR=10.252.0.2 \
	BENCH_SUBNET=10.0.0.0/8 BENCH_POOL_FIRST=10.0.0.1 BENCH_POOL_LAST=10.127.255.254 BENCH_LEASE_SECONDS=604800
start() { # ROLE CPUS NICE PAIR DIR
	mkdir -p "$5"
	BENCH_ROLE=$1 BENCH_PAIR=$4 BENCH_DIR=$5 ip netns exec ${!6} nice -n "$3" taskset -c "$2" bench/start-project.sh 2>>"$tmp/$6.log" &
	pids+=($!)
}
start main $last -19 "" "$tmp/alone" alone
start main $last -19 1 "$tmp/pair" main
start backup $others -10 1 "$tmp/pair" backup
for _ in $(seq 1200); do
	[ -e "$tmp/pair/shared" ] && [ -e "$tmp/alone/configured-main" ] && break
	sleep 0.1
done
[ -e "$tmp/pair/shared" ] || { echo "pair: not both NORMAL within 120 s" >&2; cat "$tmp"/*.log >&2; exit 1; }
dhcpd() { pgrep -P "$1" -x dhcpd; }
a=$(dhcpd "${pids[0]}") m=$(dhcpd "${pids[1]}") b=$(dhcpd "${pids[2]}")
if [ -n "${DO:-}" ]; then
	$DO "$a" "$m" "$b" &
	pids+=($!)
fi
servers=10.255.255.1
[ -z "${BOTH:-}" ] || servers+=,10.254.255.1
echo "$(uname -sr), $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg), $(date -u +%F); alone and main on CPU $last, backup and load generator on $others${BOTH:+; the relay sends to both servers}" | tee "$tmp/pair.md"
ip netns exec $cli nice -n -20 taskset -c "$others" "$tmp/dhcpload" -mode versus -name pair -pool 10.0.0.0/8 -strict \
	-server 10.253.255.1 -local 10.253.0.1 -server-pid "$a" -other $servers -other-local 10.255.0.1 -other-pid "$m,$b" \
	-rounds "${ROUNDS:-5}" -count "${COUNT:-60000}" -inflight "${INFLIGHT:-256}" -rate "${RATE:-5000}" -step "${STEP:-3s}" \
	-mix "${MIX:-dora=1,renew=1}" -preload "${PRELOAD:-2000}" -clients 2000000 -json "$tmp/pair.json" >"$tmp/pair.txt" || { tail -20 "$tmp/pair.txt" "$tmp"/*.log >&2; exit 1; }
sed -n '/^| load/,$p' "$tmp/pair.txt" | tee -a "$tmp/pair.md"
if [ -n "$out" ]; then
	mkdir -p "$out"
	cp "$tmp"/pair.* "$tmp"/*.log "$out/"
fi
