#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# traceroute through a router to picox, and from picox through it; a path with a smaller MTU.
#
#	peer ---------- hub near ---------- router ---------- hub far ---------- node
#	10.0.1.2                 10.0.1.254        10.0.2.254             10.0.2.1
#	fd00:1::2                fd00:1::fe        fd00:2::fe             fd00:2::1
#	         <- MTU 1300

. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/picox_lib.sh"
need_command traceroute

net_start hub near
near=$vnl
net_start hub far
vdens_start peer "$near"
vdens_start router "$near" "$vnl"
node_start

peer ip addr add 10.0.1.2/24 dev vde0
peer ip addr add fd00:1::2/64 dev vde0 nodad
peer ip route add default via 10.0.1.254
peer ip route add default via fd00:1::fe
inside router ip addr add 10.0.1.254/24 dev vde0
inside router ip addr add fd00:1::fe/64 dev vde0 nodad
inside router ip addr add 10.0.2.254/24 dev vde1
inside router ip addr add fd00:2::fe/64 dev vde1 nodad
inside router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 \
	net.ipv6.icmp.ratelimit=0
ask address 10.0.2.1/24
ask address fd00:2::1/64
ask route 0.0.0.0/0 10.0.2.254
ask route ::/0 fd00:2::fe

# To picox: UDP (which its closed ports refuse) and ICMP.
to_node() # PATH OPTION...
{
	# One probe at a time: the rate of errors is limited, as on Linux, to a burst of six.
	run peer traceroute -n -N 1 -q 1 -w 20 "${@:2}"
	[ "$status $(awk 'NR > 1 { printf "%s%s %s", sep, $1, $2; sep = " " }' <<<"$out")" = "0 $1" ]
}
for method in "-U -p 4444" -I ''; do
	# shellcheck disable=SC2086 # a word each, or none
	wait_for to_node "1 10.0.1.254 2 10.0.2.1" $method 10.0.2.1
	# shellcheck disable=SC2086
	wait_for to_node "1 fd00:1::fe 2 fd00:2::1" -6 $method fd00:2::1
done

# From picox, by IP_RECVERR: time exceeded from the router, port unreachable from the peer.
ask trace 10.0.1.2
assert_equal "1 10.0.2.254 type 11 code 0
2 10.0.1.2 type 3 code 3" "${answer%$'\n'}" "path from picox"
ask trace fd00:1::2
assert_equal "1 fd00:2::fe type 3 code 0
2 fd00:1::2 type 1 code 4" "${answer%$'\n'}" "path from picox"

# The router says what fits (RFC 1191, RFC 8201), to picox that asks and to picox that answers.
# (By routes: a veth drops what comes if it is larger than its MTU.)
inside router ip route replace 10.0.1.2/32 dev vde0 mtu lock 1300
inside router ip route replace fd00:1::2/128 dev vde0 mtu lock 1300
host=20
for peer in 10.0.1.2 fd00:1::2; do
	host=$((host + 1))
	assert_status 0 "$EXAMPLES/ioth_ping" picox "$vnl" \
		ip=10.0.2.$host/24,gw=10.0.2.254,ip=fd00:2::$host/64,gw=fd00:2::fe $peer 1200 1400 1450-1452 9000 60000
	assert_match ' 7 answered' "$out" "pings from picox to $peer"
done
if have_command tshark; then
	wait_for captured 'icmp.type == 3 && icmp.code == 4 && icmp.mtu == 1300'
	wait_for captured 'icmpv6.type == 2 && icmpv6.mtu == 1300'
fi
for address in 10.0.2.1 fd00:2::1; do
	assert_status 0 peer ping -n -q -c 3 -i 0.1 -w 20 -s 1450 $address
done
node_stop
clean_capture 50
