#!/bin/bash
# Installs from Debian what a make target needs and the machine lacks.
#   scripts/deps.sh build|demo|test|bench
set -eu

need=()
want() { command -v "$1" >/dev/null || [ -e "/usr/sbin/$1" ] || need+=("$2"); } # PROGRAM PACKAGE

want gcc gcc
[ -e /usr/include/stdio.h ] || need+=(libc6-dev)
case ${1:-} in
build) ;;
demo)
	if [ "$(id -u)" = 0 ]; then
		want ip iproute2
		want udhcpc udhcpc
	fi
	;;
test | bench)
	want ip iproute2
	want udhcpc udhcpc
	want dhclient isc-dhcp-client
	want dhcpcd dhcpcd5
	want dhcrelay isc-dhcp-relay
	want tshark tshark
	want tcpdump tcpdump
	want ping iputils-ping
	want strace strace
	want pgrep procps
	want dhcpd isc-dhcp-server # omshell is in it, too
	compgen -G "/usr/lib/*/faketime/libfaketime.so.1" >/dev/null || need+=(libfaketime)
	if [ "$1" = bench ]; then
		want kea-dhcp4 kea-dhcp4-server
		want dnsmasq dnsmasq-base
	fi
	;;
*)
	echo "usage: scripts/deps.sh build|demo|test|bench" >&2
	exit 64
	;;
esac
[ ${#need[@]} -eq 0 ] && exit 0

if [ "$(id -u)" != 0 ]; then
	echo "missing: ${need[*]}; as root: apt-get install ${need[*]}" >&2
	exit 69
fi
echo "installing from Debian: ${need[*]}"
policy=/usr/sbin/policy-rc.d made=
if [ ! -e $policy ]; then # a package's own service must not start
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
	made=1
fi
log=$(mktemp)
ok=1
{
	apt-get update -qq &&
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"
} >"$log" 2>&1 || ok=
[ -z "$made" ] || rm -f $policy
if [ -z "$ok" ]; then
	tail -n 20 "$log" >&2
	echo "could not install: ${need[*]}" >&2
	exit 69
fi
rm -f "$log"
