#!/bin/bash
# Shows the whole product on this machine: a server configured by nrcmd, a real
# client, a kill -9, and the lease that survives it. As root the two live in
# network namespaces of their own; otherwise on loopback with high ports and the
# project's own client. Everything that it starts and makes it removes again.
set -eu
cd "$(dirname "$0")/.."

tmp=$(mktemp -d "${TMPDIR:-/tmp}/leasehold-demo.XXXXXX")
srv=lhdemo-$$-srv cli=lhdemo-$$-cli server= client=
root=$([ "$(id -u)" = 0 ] && ip netns add "$srv" 2>/dev/null && echo yes || echo no)

cleanup() {
	[ -z "$client" ] || kill -TERM "$client" 2>/dev/null || true
	[ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
	[ -z "$server" ] || wait "$server" 2>/dev/null || true
	if [ $root = yes ]; then
		ip netns del "$srv" 2>/dev/null || true
		ip netns del "$cli" 2>/dev/null || true
	fi
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
nrcmd() { bin/nrcmd -C "unix:$tmp/data/rpc.sock" "$@"; }
show() { # COMMAND: as if typed at the prompt
	printf 'nrcmd> %s\n' "$1"
	nrcmd "$1"
}
leases() { # those in use, the columns that matter
	printf 'nrcmd> scope office listLeases\n'
	nrcmd "scope office listLeases" | grep -E '^[0-9]{3} |state=leased|flags=reserved' |
		sed -E 's/^([0-9.]+: ).*(client-mac-addr=[^ ]+).*(expiration="[^"]*").*(state=[a-z]+).*/\1\2 \3 \4/'
}

start_server() {
	if [ $root = yes ]; then
		ip netns exec "$srv" bin/dhcpd -data "$tmp/data" -interface office0 -metrics 127.0.0.1:9547 -log warn 2>>"$tmp/server.log" &
	else
		bin/dhcpd -data "$tmp/data" -address 127.0.0.1 -dhcp-port 6767 -rpc 127.0.0.1:0 -log warn 2>>"$tmp/server.log" &
	fi
	server=$!
	for _ in $(seq 100); do
		if nrcmd dhcp getHealth >/dev/null 2>&1; then return; fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	echo "the server did not start:" >&2
	cat "$tmp/server.log" >&2
	exit 1
}

if [ $root = yes ]; then
	say "Two network namespaces, a cable between them: $srv and $cli"
	ip netns add "$cli"
	ip link add office0 netns "$srv" type veth peer name eth0 netns "$cli"
	ip -n "$srv" link set lo up
	ip -n "$srv" addr add 192.168.50.1/24 dev office0
	ip -n "$srv" link set office0 up
	ip -n "$cli" link set eth0 address 02:00:00:00:00:51
	ip -n "$cli" link set eth0 up
	# The lease is put on the client's interface and printed.
	cat >"$tmp/udhcpc.script" <<'S'
#!/bin/sh
case $1 in
deconfig) ip addr flush dev $interface ;;
bound | renew)
	ip addr replace $ip/$mask dev $interface
	echo "client: $1 $ip/$mask, router $router, name servers $dns, domain $domain, lease $lease s, from server $serverid"
	;;
nak) echo "client: refused: $message" ;;
esac
S
	chmod +x "$tmp/udhcpc.script"
	lease() {
		ip netns exec "$cli" udhcpc -i eth0 -f -t 5 -T 1 -s "$tmp/udhcpc.script" >>"$tmp/client.log" 2>&1 &
		client=$!
		heard 'client: bound'
		cat "$tmp/client.log"
	}
	renew() { # USR1 makes udhcpc renew
		: >"$tmp/client.log"
		kill -USR1 "$client"
		heard 'client: renew'
		cat "$tmp/client.log"
	}
	heard() { # WORDS: wait until the client says so
		for _ in $(seq 200); do
			if grep -q "$1" "$tmp/client.log"; then return; fi
			sleep 0.1
		done
		cat "$tmp/client.log"
		echo "the client never said: $1" >&2
		exit 1
	}
else
	say "Not root: on loopback, port 6767, with the project's own client"
	go build -o "$tmp/dhcpclient" ./test/dhcpclient
	client() { "$tmp/dhcpclient" -server 127.0.0.1:6767 -giaddr 127.0.0.2 -subnet 192.168.50.1 -mac 02:00:00:00:00:51 "$@"; }
	lease() { client lease; }
	renew() { client lease renew; }
fi

say "A fresh server"
start_server
echo "dhcpd runs as process $server, everything it keeps is in $tmp/data:"
ls "$tmp/data"

say "An operator pipes in a configuration: nrcmd -b < scripts/demo.nrcmd"
nrcmd -b <scripts/demo.nrcmd

say "A real client asks for an address"
lease

say "What the server knows"
leases
show "report"

say "kill -9, no goodbye"
{ kill -KILL "$server" && wait "$server"; } 2>/dev/null || true
echo "process $server is gone"
start_server
echo "started again as process $server"

say "The lease is there"
leases

say "and the client renews it"
renew

say "Nothing is left behind"
