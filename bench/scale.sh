#!/bin/bash
# How this project's server grows: CPU per DORA and per renewal, memory, and the
# time from start to the first answer, at 1 thousand, 64 thousand and 1 million
# leases, and with 1, 1,000 and 10,000 scopes. Needs root: it makes two network
# namespaces and removes them.
#   LEASES="1000 64000 1000000" SCOPES="1000 10000" bench/scale.sh
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
tmp=$(mktemp -d "${TMPDIR:-/tmp}/leasehold-scale.XXXXXX")
srv=lhs$$-s cli=lhs$$-c pid=
cleanup() {
	[ -z "$pid" ] || { kill -TERM "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true
	ip netns del $srv 2>/dev/null || true
	ip netns del $cli 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
go build -o "$tmp/dhcpload" ./test/dhcpload
ip netns add $srv
ip netns add $cli
ip link add bench0 netns $cli type veth peer name bench0 netns $srv
ip -n $srv addr add 10.255.255.1/16 dev bench0
ip -n $cli addr add 10.255.0.1/16 dev bench0
for n in $srv $cli; do
	ip -n $n link set lo up
	ip -n $n link set bench0 up
done
last=$(($(nproc) - 1))

load() { ip netns exec $cli taskset -c 0 "$tmp/dhcpload" -server 10.255.255.1 -local 10.255.0.1 -pool 10.0.0.0/8 -server-pid "$pid" "$@"; }
begin() { # DATA-FOLDER
	ip netns exec $srv taskset -c $last bin/dhcpd -data "$1" -interface bench0 -log warn 2>>"$tmp/log" &
	pid=$!
}
finish() {
	kill -TERM "$pid"
	wait "$pid" || true
	pid=
}
configured() { # DATA-FOLDER < extra commands
	for _ in $(seq 200); do
		bin/nrcmd -C "unix:$1/rpc.sock" dhcp getHealth >/dev/null 2>&1 && break
		sleep 0.05
	done
	{
		echo "dhcp set log-settings=default"
		echo "dhcp set defer-lease-extensions=false"
		echo "dhcp set max-dhcp-requests=1500"
		cat
		echo "dhcp reload"
	} | bin/nrcmd -C "unix:$1/rpc.sock" -b --stop >/dev/null
}
figure() { sed -n "s/^ *\"$2\": \([0-9.]*\),*\$/\1/p" "$1" | tail -1; }
measure() { # prints CPU us per DORA and per renewal, and RSS in MB
	load -mode dora -first 8000000 -clients 200000 -inflight 64 -duration 5s -json "$tmp/dora.json" >/dev/null
	load -mode renew -first 9000000 -clients 20000 -preload 20000 -inflight 64 -duration 5s -json "$tmp/renew.json" >/dev/null
	printf '%s | %s | %s | %s | %s' "$(figure "$tmp/dora.json" server_cpu_us_per_exchange)" "$(figure "$tmp/dora.json" per_second)" \
		"$(figure "$tmp/renew.json" server_cpu_us_per_exchange)" "$(figure "$tmp/renew.json" per_second)" \
		"$(awk '/VmRSS/ {printf "%.0f", $2 / 1024}' /proc/$pid/status)"
}

echo "| leases | scopes | CPU us/DORA | DORA/s | CPU us/renewal | renewals/s | RSS MB | ms to first answer after restart | RSS MB after restart |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
for n in ${LEASES:-1000 64000 1000000}; do
	d=$tmp/l$n
	begin "$d"
	configured "$d" <<C
scope bench create 10.0.0.0 255.0.0.0
scope bench addRange 10.0.0.1 10.127.255.254
C
	load -mode dora -count "$n" -clients "$n" -inflight 128 -duration 300s >/dev/null
	row=$(measure)
	finish
	begin "$d"
	ms=$(load -mode wait -first 7000000 -duration 60s 2>&1 | sed -n 's/.*after \([0-9.]*\) ms.*/\1/p')
	echo "| $n | 1 | $row | $ms | $(awk '/VmRSS/ {printf "%.0f", $2 / 1024}' /proc/$pid/status) |"
	finish
	rm -rf "$d"
done
for n in ${SCOPES:-1000 10000}; do
	d=$tmp/s$n
	begin "$d"
	{
		echo "scope bench create 10.128.0.0 255.128.0.0"
		echo "scope bench addRange 10.128.0.1 10.191.255.254"
		for ((i = 0; i < n; i++)); do
			echo "scope s$i create 10.$((i >> 8)).$((i & 255)).0 255.255.255.0"
			echo "scope s$i addRange 10.$((i >> 8)).$((i & 255)).10 10.$((i >> 8)).$((i & 255)).250"
		done
	} | configured "$d"
	row=$(measure)
	echo "| 220000 | $((n + 1)) | $row | | |"
	finish
	rm -rf "$d"
done
