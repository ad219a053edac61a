#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about vdestack, as it is written: the two echo servers, seen from a vdens. Their network,
# vxvde://234.0.0.1, is one of multicast: it gets a network namespace of its own.
#
#     vdestack6 10.0.0.50 fc00::1:50 --+
#                                      +-- vxvde://234.0.0.1 -- vdens 10.0.0.1 fc00::1:1
#     vdestack6nl 10.0.0.60 ...1:60 ---+
. "$(dirname "$0")/lib.sh"
in_private_net "$@"

need_vde
need_command nc ping
need_program "$VDENS" "$EXAMPLES/vdestack6" /bin/busybox

servers=vdestack6
[ ! -x "$EXAMPLES/vdestack6nl" ] || servers="vdestack6 vdestack6nl"
for server in $servers; do
	start $server "$EXAMPLES/$server"
done

cat >"$dir/client" <<'END'
set -e
ip addr add 10.0.0.1/24 dev vde0
ip addr add fc00::1:1/64 dev vde0
ip link set vde0 up
for address; do
	tries=0
	# An IPv6 address is tentative at first.
	until ping -c 1 -W 1 "$address" >/dev/null 2>&1; do
		[ $((tries += 1)) -lt 600 ]
		sleep 0.1
	done
	ping -c 2 "$address"
	echo "hello $address" | nc -N "$address" 5000
done
END
addresses="10.0.0.50 fc00::1:50"
[ "$servers" = vdestack6 ] || addresses="$addresses 10.0.0.60 fc00::1:60"
# shellcheck disable=SC2086 # several words
assert_status 0 "$VDENS" vxvde://234.0.0.1 /bin/sh "$dir/client" $addresses
for address in $addresses; do
	assert_match "^hello $address\$" "$out" "echo of $address"
done
assert_match '2 packets transmitted, 2 received' "$out" "ping"
