#!/bin/bash
# Measures DHCPv4 servers side by side on this machine. See docs/benchmarks.md.
set -u
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

ALL="echo echo-sync dnsmasq isc isc-delayed kea-st kea-mt kea-pgsql coredhcp isc-failover kea-ha"
DEFAULT="echo-sync dnsmasq isc isc-delayed kea-st kea-mt"
STEP=${STEP:-3s}          # length of one step of the search
PIN=${PIN:-1}             # 1: server on the last CPU, load generator on the first; 0: no pinning
RELAYS=${RELAYS:-1}       # relay agents (sockets) of the load generator
INFLIGHT=${INFLIGHT:-128} # exchanges under way in the closed loop
RESTART=${RESTART:-1}     # 1: time a restart with the leases of the run
NICE=${NICE:--20}         # priority of server and load generator, against what else runs here
ISC_LAST=${ISC_LAST:-10.0.255.254} ISC_CLIENTS=${ISC_CLIENTS:-64000} # ISC dhcpd slows with the pool's size
LIMIT=${LIMIT:-100}       # seconds for one server at most
OUT=${OUT:-}
BASE=${BASE:-kea-mt}      # the table's ratios are against this one
# SERVERS=10.255.255.1,10.254.255.1: the relay sends to both servers of a pair

usage() {
	cat <<U
usage: run-peers.sh [-l] [-o DIR] [NAME ...]
  NAME   one of: $ALL
         or 'project', 'project-pair', or 'all'. With none: $DEFAULT,
         and project where SERVER_START_CMD is set
  -l     list the names    -o DIR  keep reports and logs there
environment: STEP PIN RELAYS INFLIGHT RESTART LIMIT BASE BENCH_ARGS,
  SERVER_START_CMD (and SERVER_DURABLE): what starts this project's server
U
}
while getopts lo:h f; do
	case $f in
	l) echo "$ALL project project-pair" | tr ' ' '\n'; exit 0 ;;
	o) OUT=$OPTARG ;;
	*) usage; exit 64 ;;
	esac
done
shift $((OPTIND - 1))
names=${*:-$DEFAULT${SERVER_START_CMD:+ project}}
[ "$names" = all ] && names="$ALL${SERVER_START_CMD:+ project project-pair}"
for n in $names; do
	case " $ALL project project-pair " in *" $n "*) ;; *) echo "run-peers: no such server: $n" >&2; usage; exit 64 ;; esac
done
[ "$(id -u)" = 0 ] || { echo "run-peers: needs root (network namespaces)" >&2; exit 77; }
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin

# ---- scratch, processes, cleaning up -------------------------------------
tmp=$(mktemp -d "${TMPDIR:-/tmp}/peerbench.XXXXXX")
chmod 755 "$tmp"
[ -n "$OUT" ] || OUT=$tmp/out
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
id=$$
cli=pb$id-c srv=pb$id-s bak=pb$id-b
procs=() # pids of what runs now
stop_all() {
	local p i
	for p in "${procs[@]}"; do kill -TERM "$p" 2>/dev/null; done
	for i in $(seq 50); do
		local alive=0
		for p in "${procs[@]}"; do kill -0 "$p" 2>/dev/null && alive=1; done
		[ $alive = 0 ] && break
		sleep 0.1
	done
	for p in "${procs[@]}"; do kill -KILL "$p" 2>/dev/null; wait "$p" 2>/dev/null; done
	procs=()
}
cleanup() {
	stop_all
	local n
	for n in $cli $srv $bak; do ip netns del "$n" 2>/dev/null; done
	case $OUT in "$tmp"/*) ;; *) rm -rf "$tmp" ;; esac
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ---- what is needed ------------------------------------------------------
need=()
want() { [ -e "$1" ] || command -v "$1" >/dev/null || need+=("$2"); }
want ip iproute2
want strace strace
for n in $names; do
	case $n in
	isc*) want dhcpd isc-dhcp-server ;;
	kea*) want kea-dhcp4 kea-dhcp4-server; want kea-admin kea-admin ;;&
	kea-pgsql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need+=(postgresql) ;;
	dnsmasq) want dnsmasq dnsmasq-base ;;
	esac
done
if [ ${#need[@]} -gt 0 ]; then
	echo "installing ${need[*]}" >&2
	policy=/usr/sbin/policy-rc.d made=
	if [ ! -e $policy ]; then # a package's own service must not start
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1
	fi
	{ apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"; } >"$OUT/apt.log" 2>&1 ||
		{ echo "run-peers: could not install ${need[*]} ($OUT/apt.log)" >&2; [ -n "$made" ] && rm -f $policy; exit 69; }
	[ -n "$made" ] && rm -f $policy
fi
load=$tmp/dhcpload echo_=$tmp/dhcpecho
(cd "$here/../test/dhcpload" && go build -o "$load" . && go build -o "$echo_" ./cmd/dhcpecho) || exit 69

# ---- namespaces: client -- server, client -- backup, server -- backup -----
for n in $cli $srv $bak; do ip netns add $n && ip -n $n link set lo up || exit 69; done
IF=bench0
ip link add bench0 netns $cli type veth peer name $IF netns $srv
ip link add bench1 netns $cli type veth peer name $IF netns $bak
ip link add peer0 netns $srv type veth peer name peer0 netns $bak
for i in $(seq "$RELAYS"); do ip -n $cli addr add 10.255.0.$i/16 dev bench0; done
ip -n $srv addr add 10.255.255.1/16 dev $IF
ip -n $cli addr add 10.254.0.1/16 dev bench1
ip -n $bak addr add 10.254.255.1/16 dev $IF
ip -n $srv addr add 10.253.0.1/24 dev peer0
ip -n $bak addr add 10.253.0.2/24 dev peer0
for d in "$cli bench0" "$cli bench1" "$srv $IF" "$srv peer0" "$bak $IF" "$bak peer0"; do
	set -- $d
	ip -n $1 link set $2 up
done
ip -n $bak route add 10.255.0.0/16 via 10.254.0.1
for i in $(seq 50); do # the links need a moment until they run
	[ "$(for n in $cli $srv $bak; do ip -n $n -o link; done | grep -c 'state UP')" = 6 ] && break
	sleep 0.1
done
local_=$(seq -s, -f '10.255.0.%g' 1 "$RELAYS")
cpus=$(nproc)
pin() { if [ "$PIN" = 1 ] && [ "$cpus" -gt 1 ]; then echo "nice -n $NICE taskset -c $1"; else echo "nice -n $NICE"; fi; }
spin=$(pin $((cpus - 1))) cpin=$(pin 0)

# up NS NAME COMMAND...: start a program in a namespace
up() {
	local ns=$1 log=$2 p=$spin
	shift 2
	[ $ns = $bak ] && p=$cpin
	ip netns exec $ns $p "$@" >>"$OUT/$log.log" 2>&1 &
	procs+=($!)
}
export BENCH_IF=$IF BENCH_ADDR=10.255.255.1 BENCH_BACKUP_ADDR=10.254.255.1 BENCH_PEER_ADDR=10.253.0.1 BENCH_PEER_BACKUP_ADDR=10.253.0.2 \
	BENCH_RELAY_SUBNET=10.255.0.0/16 BENCH_SUBNET=10.0.0.0/8 BENCH_POOL_FIRST=10.0.0.1 BENCH_POOL_LAST=10.127.255.254 BENCH_LEASE_SECONDS=604800

# ---- the servers: start_NAME DIR; it is called again for the restart ------
start_echo() { up $srv echo "$echo_"; }
start_echo_sync() { up $srv echo-sync "$echo_" -journal "$1/journal" -sync; }
start_dnsmasq() {
	up $srv dnsmasq dnsmasq -k --conf-file=/dev/null --port=0 --interface=$IF --user=root --pid-file="$1/pid" --dhcp-leasefile="$1/leases" \
		--dhcp-range=10.0.0.1,10.127.255.254,255.0.0.0,7d --dhcp-lease-max=8000000 --dhcp-authoritative --no-ping --quiet-dhcp --log-facility="$1/log"
}
isc_conf() { # DIR EXTRA POOL-EXTRA LAST
	cat >"$1/dhcpd.conf" <<C
authoritative; ping-check false; default-lease-time 604800; max-lease-time 604800; ddns-update-style none;
$2
shared-network all {
  subnet 10.255.0.0 netmask 255.255.0.0 { }
  subnet 10.254.0.0 netmask 255.255.0.0 { }
  subnet 10.0.0.0 netmask 255.128.0.0 { pool { $3 range 10.0.0.1 $4; } }
}
C
	[ -e "$1/leases" ] || : >"$1/leases"
}
start_isc() { isc_conf "$1" "${2:-}" "" $ISC_LAST; up $srv "${n}" dhcpd -4 -f -q -user root -group root -cf "$1/dhcpd.conf" -lf "$1/leases" -pf "$1/pid" $IF; }
start_isc_delayed() { start_isc "$1" "delayed-ack 28; max-ack-delay 5000;"; }
start_isc_failover() { # the main answers all (split 256), the backup holds a copy
	local r a b ns d peer st
	for r in primary secondary; do
		if [ $r = primary ]; then a=10.253.0.1 b=10.253.0.2 ns=$srv peer="mclt 3600; split 255;"; else a=10.253.0.2 b=10.253.0.1 ns=$bak peer=; fi
		d=$1/$r
		mkdir -p "$d"
		isc_conf "$d" "failover peer \"f\" { $r; address $a; port 647; peer address $b; peer port 647; max-response-delay 30; max-unacked-updates 100; load balance max seconds 3; $peer }" 'failover peer "f";' $ISC_LAST
		[ -s "$d/leases" ] || { st=$(date -u '+%w %Y/%m/%d %H:%M:%S'); printf 'failover peer "f" state {\n  my state normal at %s;\n  partner state normal at %s;\n%s}\n' "$st" "$st" "$([ $r = secondary ] && echo '  mclt 3600;
')" >"$d/leases"; }
		up $ns isc-failover-$r dhcpd -4 -f -q -user root -group root -cf "$d/dhcpd.conf" -lf "$d/leases" -pf "$d/pid" $IF
	done
	[ -e "$1/ready" ] || sleep 8 # the pair shares out the pool
	: >"$1/ready"
}
kea() { # NS DIR LOG LEASE-DATABASE MULTI-THREADING HOOKS
	mkdir -p "$2"
	cat >"$2/kea.conf" <<C
{"Dhcp4": {
 "interfaces-config": {"interfaces": ["$IF"], "dhcp-socket-type": "udp"},
 "lease-database": $4, "multi-threading": $5, $6
 "valid-lifetime": 604800, "renew-timer": 302400, "rebind-timer": 529200,
 "subnet4": [{"id": 1, "subnet": "10.0.0.0/8", "pools": [{"pool": "10.0.0.1-10.127.255.254"}]}],
 "loggers": [{"name": "kea-dhcp4", "severity": "WARN", "output_options": [{"output": "stdout"}]}]
}}
C
	KEA_PIDFILE_DIR=$2 KEA_LOCKFILE_DIR=$2 KEA_LOGGER_DESTINATION=stdout up "$1" "$3" kea-dhcp4 -c "$2/kea.conf"
}
memfile() { echo "{\"type\": \"memfile\", \"persist\": true, \"name\": \"$1/leases.csv\", \"lfc-interval\": 3600}"; }
start_kea_st() { kea $srv "$1" kea-st "$(memfile "$1")" '{"enable-multi-threading": false}' ""; }
start_kea_mt() { kea $srv "$1" kea-mt "$(memfile "$1")" "{\"enable-multi-threading\": true, \"thread-pool-size\": ${KEA_THREADS:-2}, \"packet-queue-size\": 64}" ""; }
start_kea_pgsql() {
	local bin; bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | tail -1)")
	local first=
	if [ ! -d "$1/pg" ]; then
		first=1
		install -d -o postgres "$1/pg" "$1/run"
		chmod 755 "$1"
		setpriv --reuid=postgres --regid=postgres --init-groups "$bin/initdb" -A trust -D "$1/pg" >>"$OUT/kea-pgsql.log" 2>&1
	fi
	up $srv postgres setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -D "$1/pg" -k "$1/run" -c listen_addresses=127.0.0.1 -c port=54329
	for i in $(seq 50); do "$bin/pg_isready" -q -h "$1/run" -p 54329 && break; sleep 0.1; done
	if [ -n "$first" ]; then
		setpriv --reuid=postgres --regid=postgres --init-groups "$bin/createdb" -h "$1/run" -p 54329 kea
		ip netns exec $srv kea-admin db-init pgsql -h 127.0.0.1 -P 54329 -u postgres -p x -n kea >>"$OUT/kea-pgsql.log" 2>&1
	fi
	kea $srv "$1" kea-pgsql '{"type": "postgresql", "name": "kea", "host": "127.0.0.1", "port": 54329, "user": "postgres", "password": "x"}' \
		"{\"enable-multi-threading\": true, \"thread-pool-size\": ${KEA_THREADS:-4}, \"packet-queue-size\": 64}" ""
}
start_kea_ha() { # hot standby: the main answers all, and waits for the backup before each ACK
	local lib; lib=$(ls -d /usr/lib/*/kea/hooks | head -1)
	local r ns
	for r in main backup; do
		[ $r = main ] && ns=$srv || ns=$bak
		kea $ns "$1/$r" kea-ha-$r "$(memfile "$1/$r")" "{\"enable-multi-threading\": true, \"thread-pool-size\": ${KEA_THREADS:-2}, \"packet-queue-size\": 64}" "\"hooks-libraries\": [{\"library\": \"$lib/libdhcp_lease_cmds.so\"},
  {\"library\": \"$lib/libdhcp_ha.so\", \"parameters\": {\"high-availability\": [{\"this-server-name\": \"$r\", \"mode\": \"hot-standby\", \"heartbeat-delay\": 10000, \"max-response-delay\": 60000, \"max-ack-delay\": 5000, \"max-unacked-clients\": 0,
   \"multi-threading\": {\"enable-multi-threading\": true, \"http-dedicated-listener\": true, \"http-listener-threads\": 2, \"http-client-threads\": 2},
   \"peers\": [{\"name\": \"main\", \"url\": \"http://10.253.0.1:8000/\", \"role\": \"primary\"}, {\"name\": \"backup\", \"url\": \"http://10.253.0.2:8000/\", \"role\": \"standby\"}]}]}}],"
	done
	sleep 3
}
start_coredhcp() { # no Debian package: give the program's path in COREDHCP
	cat >"$1/config.yml" <<C
server4:
  listen: ["0.0.0.0:67"]
  plugins:
    - lease_time: 604800s
    - server_id: 10.255.255.1
    - netmask: 255.0.0.0
    - range: $1/leases.sqlite 10.0.0.1 10.127.255.254 604800s
C
	up $srv coredhcp "${COREDHCP:-coredhcp}" -L error -c "$1/config.yml"
}
start_project() { BENCH_DIR=$1 BENCH_ROLE=main up $srv project bash -c "$SERVER_START_CMD"; }
start_project_pair() { # ready once the main has found both NORMAL and the pool shared out
	local r i
	export BENCH_PAIR=1
	rm -f "$1/shared"
	BENCH_DIR=$1 BENCH_ROLE=main up $srv project-main bash -c "$SERVER_START_CMD"
	BENCH_DIR=$1 BENCH_ROLE=backup up $bak project-backup bash -c "$SERVER_START_CMD"
	unset BENCH_PAIR
	for i in $(seq 1200); do
		[ -e "$1/shared" ] && return
		sleep 0.1
	done
	echo "project-pair: not both NORMAL and shared out within 120 s" >&2
}

# ---- one server ----------------------------------------------------------
dl() { timeout "$LIMIT" ip netns exec $cli $cpin "$load" -server "${SERVERS:-$BENCH_ADDR}" -local "$local_" -pool 10.0.0.0/8 "$@"; }
tree() { # pids and their descendants
	local q=$* p
	for p in $q; do
		echo "$p"
		tree $(pgrep -P "$p")
	done
}
syncs() { # NAME: sync calls per ACK with one exchange at a time; sets durable
	local p args=() pid n=100
	for p in $(tree "${procs[@]}"); do args+=(-p "$p"); done
	timeout -k 1 25 strace -f -c -e trace=fsync,fdatasync,sync_file_range,msync,sync -o "$OUT/$1.strace" "${args[@]}" >/dev/null 2>&1 &
	pid=$!
	sleep 0.5
	dl -mode dora -inflight 1 -count $n -duration 10s -first 100000000 -timeout 3s -json "$OUT/$1.sync.json" >/dev/null
	kill -INT $pid 2>/dev/null # timeout passes it on
	wait $pid 2>/dev/null
	local c a
	c=$(awk '$NF ~ /sync/ {s += $4} END {print s + 0}' "$OUT/$1.strace" 2>/dev/null)
	a=$(sed -n 's/^ *"completed": \([0-9]*\),*$/\1/p' "$OUT/$1.sync.json" | tail -1)
	durable=unknown
	[ "${a:-0}" -gt 0 ] && durable=$(awk -v c="$c" -v a="$a" 'BEGIN {r = c / a; printf "%s (%.2f syncs/ACK)\n", (r >= 0.95 ? "yes" : "no"), r}')
}
one() {
	n=$1
	local fn=start_${n//-/_} d=$tmp/$n t0=$SECONDS durable main
	mkdir -p "$d"
	case $n in
	project*) [ -n "${SERVER_START_CMD:-}" ] || { echo "$n: SERVER_START_CMD is not set" >&2; return; } ;;
	coredhcp) command -v "${COREDHCP:-coredhcp}" >/dev/null || { echo "$n: no such program (set COREDHCP)" >&2; return; } ;;
	esac
	echo "== $n" >&2
	procs=()
	$fn "$d"
	if ! dl -mode wait -duration 30s >"$OUT/$n.txt" 2>&1; then
		echo "$n: does not answer; see $OUT/$n*.log" >&2
		stop_all
		return
	fi
	local args=()
	case $n in isc*) args=(-clients "$ISC_CLIENTS") ;; esac
	main=$(IFS=,; echo "${procs[*]}")
	syncs "$n"
	[ "${n%-pair}" = project ] && durable=${SERVER_DURABLE:-$durable}
	dl -mode bench -name "$n" -durable "$durable" -server-pid "$main" -step "$STEP" -inflight "$INFLIGHT" -json "$OUT/$n.json" "${args[@]}" ${BENCH_ARGS:-} >>"$OUT/$n.txt" 2>&1
	if [ ${#procs[@]} -gt 1 ]; then # what the backup's part was
		{ echo; for p in $(tree "${procs[@]}"); do awk -v p="$p" '{sub(/.*\) /, ""); print "pid", p, "CPU seconds", ($12 + $13) / 100, "RSS MB", $22 * 4096 / 1e6}' /proc/$p/stat 2>/dev/null; done; } >>"$OUT/$n.txt"
	fi
	stop_all
	if [ "$RESTART" = 1 ] && [ -s "$OUT/$n.json" ]; then
		$fn "$d"
		dl -mode wait -duration 60s 2>&1 | sed -n 's/.*after \([0-9.]*\) ms/\1/p' >"$OUT/$n.restart"
		stop_all
	fi
	du -sk "$d" 2>/dev/null | awk '{print $1 / 1000}' >"$OUT/$n.diskmb"
	rm -rf "$d"
	echo "   $((SECONDS - t0)) s" >&2
}
for n in $names; do one "$n"; done
echo
echo "$(uname -sr), $(nproc) CPUs, pinned: $PIN, relays: $RELAYS, step $STEP, $(date -u +%F)"
files=()
for n in $names; do [ -s "$OUT/$n.json" ] && files+=("$OUT/$n.json"); done
[ ${#files[@]} -gt 0 ] || exit 1
"$load" table -base="$BASE" "${files[@]}" | tee "$OUT/table.md"
echo "reports: $OUT" >&2
