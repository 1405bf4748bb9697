#!/bin/bash
# Shows the whole product on this machine: two servers configured by one batch
# file, clients, a kill -9 of the main server while they hold leases, and its
# return. As root everything lives in network namespaces of its own; otherwise
# on two loopback addresses with high ports and the project's own client.
# Everything that it starts and makes it removes again.
set -eu
cd "$(dirname "$0")/.."

tmp=$(mktemp -d "${TMPDIR:-/tmp}/leasehold-demo.XXXXXX")
ns=lhdemo-$$
declare -A server=() client=()
root=$([ "$(id -u)" = 0 ] && ip netns add "$ns-lan" 2>/dev/null && echo yes || echo no)

cleanup() {
	for p in "${client[@]}" "${server[@]}"; do
		kill -TERM "$p" 2>/dev/null || true
		wait "$p" 2>/dev/null || true
	done
	if [ $root = yes ]; then
		for n in lan main backup alice bob carol; do ip netns del "$ns-$n" 2>/dev/null || true; done
	fi
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
nrcmd() { # SERVER ARGS...
	local s=$1
	shift
	bin/nrcmd -C "unix:$tmp/$s/rpc.sock" "$@"
}
show() { # SERVER COMMAND: as if typed at the prompt
	printf '%s nrcmd> %s\n' "$1" "$2"
	nrcmd "$1" "$2"
}
leases() { # SERVER: those in use, the columns that matter
	printf '%s nrcmd> scope office listLeases\n' "$1"
	nrcmd "$1" "scope office listLeases" | grep -E '^[0-9]{3} |state=leased' |
		sed -E 's/^([0-9.]+: ).*(client-mac-addr=[^ ]+).*(expiration="[^"]*").*(state=[a-z]+).*/\1\2 \3 \4/'
}
await() { # WHAT COMMAND...: until the command succeeds
	local what=$1
	shift
	for _ in $(seq 300); do
		if "$@" >/dev/null 2>&1; then return; fi
		sleep 0.1
	done
	echo "it never came about: $what" >&2
	tail -n 20 "$tmp"/*.log >&2
	exit 1
}
related() { # SERVER STATES: its own and the partner's
	nrcmd "$1" "dhcp getRelatedServers column-separator=|" | grep -qE "$2"
}
normal='\| *NORMAL *\|[^|]*\| *NORMAL *$'
interrupted='\| *COMMUNICATIONS-INTERRUPTED *\|'

start_server() { # NAME
	if [ $root = yes ]; then
		ip netns exec "$ns-$1" bin/dhcpd -data "$tmp/$1" -interface office0 -log warn 2>>"$tmp/$1.log" &
	else
		bin/dhcpd -data "$tmp/$1" -address "${address[$1]}" -dhcp-port 6767 -failover-port 6647 -rpc off -log warn 2>>"$tmp/$1.log" &
	fi
	server[$1]=$!
	await "server $1 answers" nrcmd "$1" dhcp getHealth
}

declare -A address=([main]=192.168.50.1 [backup]=192.168.50.2)
# By the hash of RFC 3074 the first client is the main server's, the second the
# backup's.
declare -A mac=([alice]=02:00:5e:00:00:03 [bob]=02:00:5e:00:00:01 [carol]=02:00:5e:00:00:05)
cp scripts/demo.nrcmd "$tmp/office.nrcmd"

if [ $root = yes ]; then
	say "Two servers and three clients in network namespaces, on one LAN"
	ip -n "$ns-lan" link add br0 type bridge
	ip -n "$ns-lan" link set br0 up
	plug() { # NAME INTERFACE
		ip netns add "$ns-$1"
		ip -n "$ns-$1" link set lo up
		ip link add "$2" netns "$ns-$1" type veth peer name "$1" netns "$ns-lan"
		ip -n "$ns-lan" link set "$1" master br0 up
		ip -n "$ns-$1" link set "$2" up
	}
	for s in main backup; do
		plug $s office0
		ip -n "$ns-$s" addr add "${address[$s]}/24" dev office0
	done
	for c in alice bob carol; do
		plug $c eth0
		ip -n "$ns-$c" link set eth0 down
		ip -n "$ns-$c" link set eth0 address "${mac[$c]}"
		ip -n "$ns-$c" link set eth0 up
	done
	cat >"$tmp/udhcpc.script" <<'S'
#!/bin/sh
case $1 in
deconfig) ip addr flush dev $interface ;;
bound | renew)
	ip addr replace $ip/$mask dev $interface
	echo "$1 $ip/$mask, name servers $dns, domain $domain, lease $lease s, from server $serverid"
	;;
nak) echo "refused: $message" ;;
esac
S
	chmod +x "$tmp/udhcpc.script"
	heard() { # CLIENT WORD: wait until the client says so, and print it
		await "$1 says $2" grep -q "^$2" "$tmp/$1.log"
		sed -n "/^$2/s/^/$1: /p" "$tmp/$1.log"
	}
	lease() { # CLIENT
		: >"$tmp/$1.log"
		ip netns exec "$ns-$1" udhcpc -i eth0 -f -t 5 -T 1 -s "$tmp/udhcpc.script" >>"$tmp/$1.log" 2>&1 &
		client[$1]=$!
		heard "$1" bound
	}
	renew() { # CLIENT: USR1 makes udhcpc renew; where its server is silent it asks all of them
		: >"$tmp/$1.log"
		kill -USR1 "${client[$1]}"
		heard "$1" renew
	}
else
	say "Not root: on two loopback addresses, with the project's own client"
	address=([main]=127.0.0.2 [backup]=127.0.0.3)
	sed -i "s/create 192.168.50.1 192.168.50.2/create ${address[main]} ${address[backup]}/" "$tmp/office.nrcmd"
	go build -o "$tmp/dhcpclient" ./test/dhcpclient
	declare -A from=([alice]=main [bob]=backup [carol]=backup) has=()
	ask() { # CLIENT COMMAND [FLAGS]
		local c=$1 command=$2
		shift 2
		echo "$c:"
		"$tmp/dhcpclient" -server "${address[${from[$c]}]}:6767" -giaddr 127.0.0.9 -subnet 192.168.50.1 \
			-mac "${mac[$c]}" -client-id "01:${mac[$c]}" "$@" "$command" | tee "$tmp/$c.log"
		has[$c]=$(sed -nE 's/.*<-- ACK +([0-9.]+).*/\1/p' "$tmp/$c.log" | tail -n 1)
	}
	lease() { ask "$1" lease; }
	renew() { ask "$1" init-reboot -request "${has[$1]}"; }
fi

say "Two fresh servers"
for s in main backup; do
	start_server $s
	echo "the $s is process ${server[$s]}, everything it keeps is in $tmp/$s"
done

say "One batch file, run on both: nrcmd -b < scripts/demo.nrcmd"
for s in main backup; do
	echo "on the $s:"
	nrcmd $s -b <"$tmp/office.nrcmd"
done

say "The servers find each other"
for s in main backup; do await "$s is NORMAL" related $s "$normal"; done
for s in main backup; do show $s "dhcp getRelatedServers"; done

say "Two clients ask for an address; they are shared out, so one is answered by each server"
lease alice
lease bob

say "Both servers know both leases"
told() { [ "$(nrcmd "$1" "scope office listLeases" | grep -c state=leased)" = "$2" ]; }
for s in main backup; do
	await "$s has both leases" told $s 2
	leases $s
done

say "kill -9 of the main server, no goodbye"
{ kill -KILL "${server[main]}" && wait "${server[main]}"; } 2>/dev/null || true
echo "process ${server[main]} is gone"
unset 'server[main]'
await "the backup notices" related backup "$interrupted"
show backup "dhcp getRelatedServers"

say "A client of the main server renews: the backup extends its lease"
[ $root = yes ] || from[alice]=backup
renew alice

say "A new client comes: the backup has free addresses of its own"
lease carol
leases backup

say "The main server is back"
start_server main
echo "it is process ${server[main]} now"
for s in main backup; do await "$s is NORMAL" related $s "$normal"; done
show main "dhcp getRelatedServers"
await "the main has all three leases" told main 3
leases main

say "and serves its clients again"
[ $root = yes ] || from[alice]=main
renew alice
show main "report"

say "Nothing is left behind"
