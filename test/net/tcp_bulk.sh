#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bulk in both directions at once between picox and Linux, either of them the server, over IPv4 and IPv6;
# each byte is compared. Nothing was lost, so tshark's expert has nothing to tell but that windows were
# full or closed (both sides send as fast as they can, and read when they have done so), and of what a
# side probes or sends again because the machine let the other wait: tcp_resent.py looks whether it was that.
# (Without /dev/net/tun what the kernel sends may be more than a packet socket holds.)

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tcp_lib.sh"
need_command python3

# resent PAIR CAPTURE
resent()
{
	local port=5000 lossless=lossless
	[[ $2 == */server.pcap ]] || port=-5000
	[ "$1" = "picox picox" ] || have_tun || lossless=
	have_command tshark || return 0
	# shellcheck disable=SC2086 # a word, or none
	python3 "$SRC/test/net/tcp_resent.py" "$2" $port $lossless || fail "$1: ${2##*/}: sent again without a reason"
}

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
			'D-SACK|retransmission|Duplicate ACK|out-of-order|Previous segment'
		resent "$pair" "$capture"
		rm "$capture"
	done
done
pass
