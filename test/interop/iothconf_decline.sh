#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Addresses that somebody has already, with dnsmasq's DHCPv4 and DHCPv6: the client declines them, uses them not,
# and gets others. dhcp_peer.py on the same network has them. See iothconf_lib.sh.

. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothconf_lib.sh"
need_command dnsmasq python3

network
server dnsmasq "$link_local_ready
exec dnsmasq -d -C /dev/null --port=0 --interface=vde0 --user=root --group=root --pid-file= --no-ping \
	--leasefile-ro --dhcp-authoritative --log-dhcp \
	--dhcp-range=10.9.0.50,10.9.0.51,255.255.255.0,1h --dhcp-range=fd09::100,fd09::ffff,64,1h"
wait_for says dnsmasq 'DHCPv6, IP range'
mkfifo "$dir/orders"
stdin="$dir/orders" start peer "$VDENS" "$vnl" sh -c \
	"ip link set vde0 up; exec python3 $SRC/test/net/dhcp_peer.py vde0"
exec 7>"$dir/orders"
wait_for says peer ready
printf 'silent\nown 10.9.0.50\nown 10.9.0.51\ncontend 1\n' >&7
wait_for says peer '^ok contend'

client eth,dhcp6 addresses +dhcp6 addresses
assert_equal "config 2,config 8" "$(grep ^config <<<"$out" | paste -sd,)" "the second address by DHCPv6"
claimed=$(sed -n 's/^claims //p' "$dir/peer.log")
assert_match '^fd09::' "$claimed" "an address that is claimed"
assert_match '^address fd09::' "$out" "another address"
assert_no_match "^address $claimed\$" "$out" "the address that somebody has"
lines()
{
	[ "$(grep -c "$1" "$dir/dnsmasq.log")" -ge "$2" ]
}
wait_for lines 'DHCPDECLINE(vde0) 00:03' 1

# In the background it tries again by itself.
if [ "$stack" != kernel ]; then
	echo 'contend 1' >&7
	wait_for eval "[ \$(grep -c '^ok contend' '$dir/peer.log') = 2 ]"
	mkfifo "$dir/input"
	stdin="$dir/input" start client "$CLIENT" "stack=$stack,vnl=$vnl" +eth,dhcp6,thread read
	wait_for lines 'DHCPDECLINE(vde0) 00:03' 2
	wait_for lines 'DHCPREPLY(vde0) fd09::' 4
	stop "$pid"
fi

client eth,dhcp,probe addresses
assert_equal "config 2" "$out" "an address by DHCP that somebody has"
wait_for says dnsmasq 'DHCPDECLINE\(vde0\) 10\.9\.0\.5[01]'
well_formed 'dhcpv6.msgtype == 9'
well_formed 'dhcp.option.dhcp == 4'
pass
