#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bulk in both directions at once between picox and Linux, either of them the server, over IPv4 and IPv6;
# each byte is compared. Nothing was lost, so tshark's expert has nothing to tell but that windows were
# full or closed (both sides send as fast as they can, and read when they have done so), and of what a
# side probes or sends again because the machine let the other wait.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tcp_lib.sh"

for pair in "picox kernel" "kernel picox" "picox picox"; do
	read -r one two <<<"$pair"
	path_start delay=0
	server_start "${one/picox/picox,pcap=$dir/server.pcap}"
	for address in 10.0.0.1 fd00::1; do
		client "${two/picox/picox,pcap=$dir/client.pcap}" "$address" up=10000000 down=10000000
		echo "$pair, $address: $out"
	done
	server_stop
	path_stop
	for capture in "$dir"/*.pcap; do
		clean_capture "$capture" 2000 'completely full' 'Zero Window' \
			'^ +[1-5] .*(D-SACK|retransmission|Duplicate ACK)'
		rm "$capture"
	done
done
pass
