#!/bin/bash
# How long a pair takes to bring a server up to date: a new backup, a backup
# whose lease database is lost, and a main whose lease database is lost, with a
# million leases. Times are from the start of the program to the end of RECOVER
# (everything is on its disk) and to NORMAL on both, which comes MCLT after the
# start at the earliest. Needs root: it makes two network namespaces and removes
# them.
#   LEASES=1000000 MCLT=30 bench/resync.sh
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
leases=${LEASES:-1000000} mclt=${MCLT:-30} bin=${BENCH_BIN:-bin}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/leasehold-resync.XXXXXX")
declare -A ns=([main]=lhr$$-m [backup]=lhr$$-b) pid=()
finish() { # ROLE
	[ -z "${pid[$1]:-}" ] || { kill -TERM "${pid[$1]}" 2>/dev/null && wait "${pid[$1]}" 2>/dev/null; } || true
	unset "pid[$1]"
}
cleanup() {
	finish main
	finish backup
	ip netns del "${ns[main]}" 2>/dev/null || true
	ip netns del "${ns[backup]}" 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ip netns add "${ns[main]}"
ip netns add "${ns[backup]}"
ip link add peer0 netns "${ns[main]}" type veth peer name peer0 netns "${ns[backup]}"
ip -n "${ns[main]}" addr add 10.253.0.1/24 dev peer0
ip -n "${ns[backup]}" addr add 10.253.0.2/24 dev peer0
for n in "${ns[@]}"; do
	ip -n "$n" link set lo up
	ip -n "$n" link set peer0 up
done

begin() { # ROLE
	ip netns exec "${ns[$1]}" "$bin/dhcpd" -data "$tmp/$1" -rpc off -log warn 2>>"$tmp/log" &
	pid[$1]=$!
}
nrcmd() { # ROLE COMMAND...
	local r=$1
	shift
	"$bin/nrcmd" -C "unix:$tmp/$r/rpc.sock" "$@"
}
answers() { # ROLE
	for _ in $(seq 600); do
		nrcmd "$1" dhcp getHealth >/dev/null 2>&1 && return
		sleep 0.05
	done
	echo "resync: the $1 does not answer; $tmp/log" >&2
	exit 1
}
scopes="dhcp set log-settings=default,no-failover-activity
scope bench create 10.0.0.0 255.0.0.0
scope bench addRange 10.0.0.1 10.63.255.254"
pair="failover-pair bench create 10.253.0.1 10.253.0.2 mclt=${mclt}s backup-pct=1%
dhcp reload"
state() { nrcmd "$1" -r dhcp getRelatedServers column-separator='|' 2>/dev/null | awk -F'|' '$1 ~ /^(MAIN|BACKUP) / {gsub(/ /, "", $6); gsub(/ /, "", $8); print $6, $8; exit}'; }
leased() { nrcmd "$1" scope bench getUtilization | sed -n "s/.* leased=\([0-9]*\).*/\1/p"; }
now() { date +%s%N; }
cpu() { awk '{sub(/.*\) /, ""); print ($12 + $13) / 100}' "/proc/${pid[$1]}/stat"; }

# resync ROLE WHAT: starts ROLE, waits until it has all and until both are NORMAL
resync() {
	local other=backup t0 all= normal= s own of
	[ "$1" = main ] || other=main
	own=$(cpu $other)
	t0=$(now)
	begin "$1"
	if [ ! -e "$tmp/$1/configured" ]; then
		answers "$1"
		nrcmd "$1" -b --stop >/dev/null <<<"$scopes"$'\n'"$pair"
		: >"$tmp/$1/configured"
		t0=$(now)
	fi
	for _ in $(seq 3000); do
		s=$(state "$1") || s=
		case $s in
		"" | STARTUP* | RECOVER\ *) ;;
		"NORMAL NORMAL") normal=$(now); [ -n "$all" ] || all=$normal ;;
		*) [ -n "$all" ] || all=$(now) ;;
		esac
		[ -z "$normal" ] || break
		sleep 0.1
	done
	of=$(leased "$1")
	echo "| $2 | $(((all - t0) / 1000000)) | $(((normal - t0) / 1000000)) | $of of $leases | $(cpu "$1") | $(echo "$(cpu $other) $own" | awk '{print $1 - $2}') |"
	[ "$of" = "$leases" ] || { echo "resync: leases are missing" >&2; exit 1; }
}

begin main
answers main
end=$(($(date +%s) + 604800))
awk -v n="$leases" -v now="$(date +%s)" -v end="$end" 'BEGIN {
	for (i = 1; i <= n; i++)
		printf "02:00:00:%02x:%02x:%02x|1|6|10.%d.%d.%d|%d|%d||%d||host-%d|example.com||\n",
			int(i / 65536) % 256, int(i / 256) % 256, i % 256, int(i / 65536), int(i / 256) % 256, i % 256, now, end, now, i
}' >"$tmp/leases"
nrcmd main -b --stop >"$tmp/import" <<C || true
$scopes
dhcp enable import-mode
dhcp reload
import leases $tmp/leases
dhcp disable import-mode
$pair
C
[ "$(leased main)" = "$leases" ] || { echo "resync: the import failed" >&2; tail -20 "$tmp/import" >&2; exit 1; }
: >"$tmp/main/configured"
echo "$(uname -sr), $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg), MCLT $mclt s"
echo "| | ms to the end of RECOVER | ms to NORMAL | leases | its CPU s | partner's CPU s |"
echo "| --- | --- | --- | --- | --- | --- |"
resync backup "a new backup"
for role in backup main; do
	finish $role
	rm -f "$tmp/$role"/leases.db*
	resync $role "a $role that lost its lease database"
done
