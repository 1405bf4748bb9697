#!/bin/bash
# Prints the failover messages of a capture, one a line: its octets in hex,
# then where it stood. tshark gives the TCP payloads, the cutting is done here
# and not by the code under test.
#   extract.sh FILE.pcap >captures/NAME.hex
set -eu
echo "# $(basename "$1"): octets, then seconds from the first frame, sender, type"
tshark -r "$1" -Y 'tcp.len > 0 && !tcp.analysis.retransmission' \
	-T fields -e frame.time_relative -e tcp.stream -e ip.src -e tcp.payload 2>/dev/null |
	awk '
	function number(hex, n, i) {
		for (i = 1; i <= length(hex); i++)
			n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
		return n
	}
	BEGIN {
		split("POOLREQ POOLRESP BNDUPD BNDACK CONNECT CONNECTACK UPDREQALL UPDDONE UPDREQ STATE CONTACT DISCONNECT", name, " ")
		side["10.77.0.1"] = "primary"
		side["10.77.0.2"] = "secondary"
	}
	!($3 in side) { next }
	{
		key = $2 " " $3
		left[key] = left[key] $4
		while (length(left[key]) >= 24) {
			n = 2 * number(substr(left[key], 1, 4))
			if (length(left[key]) < n)
				break
			printf "%s # %.3f %s %s\n", substr(left[key], 1, n), $1, side[$3], name[number(substr(left[key], 5, 2))]
			left[key] = substr(left[key], n + 1)
		}
	}'
