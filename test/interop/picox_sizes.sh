#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pings of all sizes between picox and Linux, both ways, both families, several MTUs: up to the 65,507
# bytes that IPv4 carries, and IPv6's 65,527. Every size near the end of a fragment, samples of the others; each single one
# with ALL_SIZES=1.

. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/picox_lib.sh"

# sizes MTU HEADERS LARGEST: words for ioth_ping. A packet of n full fragments has n * step - 8 bytes of
# data, since an ICMP header comes first; fragments are cut at multiples of 8.
sizes()
{
	local step=$((($1 - $2) / 8 * 8)) largest=$3 size last
	if [ -n "${ALL_SIZES:-}" ]; then
		echo "0-$largest"
		return
	fi
	echo "0-64 $((largest - 8))-$largest"
	for ((size = step - 8; size < largest - 16; size += step)); do
		last=$((size + 9))
		# Around the first fragments each size, around the later ones those that end them.
		[ $size -lt $((4 * step)) ] || last=$((size + 1))
		echo "$((size - (last - size)))-$last"
	done
	for ((size = 999; size < largest; size += 997)); do
		echo $size
	done
}

# both_ways MTU: the node answers, and a second process asks, each time with addresses of its own.
host=10
both_ways()
{
	local mtu=$1 v4 v6
	host=$((host + 1))
	v4=$(sizes "$mtu" 20 65507)
	v6=$(sizes "$mtu" 48 65527)
	# shellcheck disable=SC2086 # a word each
	{
		assert_status 0 peer "$EXAMPLES/ioth_ping" kernel - mtu=$mtu 10.0.0.1 $v4
		[ "$mtu" -lt 1280 ] || assert_status 0 peer "$EXAMPLES/ioth_ping" kernel - mtu=$mtu fd00::1 $v6
		assert_status 0 "$EXAMPLES/ioth_ping" picox "$vnl" mtu=$mtu,ip=10.0.0.$host/24 10.0.0.2 $v4
		[ "$mtu" -lt 1280 ] || assert_status 0 "$EXAMPLES/ioth_ping" picox "$vnl" \
			mtu=$mtu,ip=fd00::$host/64 fd00::2 $v6
	}
}

pair_start
for mtu in 1500 1499 1280 576; do
	ask mtu $mtu
	peer ip link set vde0 mtu $mtu
	both_ways $mtu
done
node_stop
clean_capture 1000
