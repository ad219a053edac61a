#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Through otip_rproxy where a path is narrower than its links: outside, where it has a default route (gw=), and
# inside. Streams and datagrams of all lengths get through, or a datagram is lost and nothing after it.
#
#    far ------ hub "far" ------ router ------ hub "outside" ------ otip_rproxy ------ servers (otip_lib.sh)
#    fc02::1    1280 bytes       fc02::99,
#                                fc01::99
#
# and then
#
#    client ------ hub "outside" ------ otip_rproxy ------ hub "inside" ------ within ------ hub "deep" ------ deep
#    fc01::1                            (gw=fd00::99)                          fd00::99,     1280 bytes        fd02::1
#                                                                              fd02::99
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/net/otip_lib.sh
. "$SRC/test/net/otip_lib.sh"

# router_start NAME NETWORK ADDRESS NARROW-NETWORK ADDRESS
router_start()
{
	vdens_start "$1" "$2" "$4"
	inside "$1" ip addr add "$3/64" dev vde0 nodad
	inside "$1" ip addr add "$5/64" dev vde1 nodad
	inside "$1" ip link set vde1 mtu 1280
	# No errors are held back.
	inside "$1" sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.icmp.ratelimit=0 2>/dev/null ||
		skip "no forwarding in a namespace here"
}

# narrow_start NAME NETWORK ADDRESS ROUTER: a host behind one.
narrow_start()
{
	vdens_start "$1" "$2"
	inside "$1" ip link set lo up
	inside "$1" ip addr add "$3/64" dev vde0 nodad
	inside "$1" ip route add default via "$4"
	inside "$1" ip link set vde0 mtu 1280
}

# From HOST to the proxy.
all_sizes()
{
	local from=$1
	inside "$from" python3 "$PEER" echo "$address" 4242 3000000
	inside "$from" python3 "$PEER" half "$address" 4244 1000000
	inside "$from" python3 "$PEER" late_reader "$address" 4247
	inside "$from" python3 "$PEER" udp "$address" 4242 # to 16000 bytes, there and back
	inside "$from" python3 "$PEER" udp_large "$address" 4243 1300
	inside "$from" python3 "$PEER" udp_large "$address" 4243 60000
}

hosts_start
net_start hub far
far=$vnl
router_start router "$outside" fc01::99 "$far" fc02::99
narrow_start far "$far" fc02::1 fc02::99
inside router ip addr add fe80::99/64 dev vde0 nodad
extstack+=,gw=fe80::99 # there is no other address yet when it is set
servers_start
address=$(fixed_address)

echo "--- the narrow path is outside"
mapfile -t lines < <(services)
rproxy_rc "${lines[@]}"
rproxy_start
# The connection of the router to the hub needs a moment, as everybody's does.
wait_for inside far ping -n -c 1 -W 1 "$address"
all_sizes far
kill -TERM "$(rproxy_pid)"
await "$rproxy_group"
assert_equal 0 "$status" "exit status"

echo "--- the narrow path is inside"
net_start hub deep
router_start within "$inside" fd00::99 "$vnl" fd02::99
narrow_start deep "$vnl" fd02::1 fd02::99
start_at deep_servers deep python3 "$PEER" serve "$port"
wait_for says deep_servers '^serving'
server=fd02::1
inside home ip route add fd02::/64 via fd00::99 dev vde0
[ "$inner" = kernel ] || intstack+=,gw=fd00::99
wait_for inside deep ping -n -c 1 -W 1 fd00::1
mapfile -t lines < <(services)
rproxy_rc "${lines[@]}"
rproxy_start
inside client ip neigh flush dev vde0 # another stack, another MAC address
wait_for inside client ping -n -c 1 -W 1 "$address"
all_sizes client
kill -TERM "$(rproxy_pid)"
await "$rproxy_group"
assert_equal 0 "$status" "exit status"
pass
