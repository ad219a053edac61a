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
printf 'silent\nown 10.9.0.50\nown 10.9.0.51\n' >&7

lines() # PATTERN: so many of the server's
{
	grep -c "$1" "$dir/dnsmasq.log" || :
}
more_lines() # PATTERN THAN
{
	[ "$(lines "$1")" -gt "$2" ]
}

# contend: the next address that somebody looks for duplicates of is claimed.
contentions=0
contend()
{
	contentions=$((contentions + 1))
	echo 'contend 1' >&7
	wait_for eval "[ \$(grep -c '^ok contend' '$dir/peer.log') = $contentions ]"
}

# Detection takes a second; a claim may come later than that, where there is no time for it.
declined()
{
	before=$(lines 'DHCPDECLINE(vde0) 00:03')
	contend
	client eth,dhcp6 addresses +dhcp6 addresses
	[ "$(grep ^config <<<"$out" | paste -sd,)" = "config 2,config 8" ]
}
wait_for declined
claimed=$(sed -n 's/^claims //p' "$dir/peer.log" | tail -n 1)
assert_match '^fd09::' "$claimed" "an address that is claimed"
assert_match '^address fd09::' "$out" "another address"
assert_no_match "^address $claimed\$" "$out" "the address that somebody has"
wait_for more_lines 'DHCPDECLINE(vde0) 00:03' "$before"

# In the background it tries again by itself.
declined_and_bound()
{
	local declines replies
	declines=$(lines 'DHCPDECLINE(vde0) 00:03')
	replies=$(lines 'DHCPREPLY(vde0) fd09::')
	contend
	stdin="$dir/input" start client "$CLIENT" "stack=$stack,vnl=$vnl" +eth,dhcp6,thread link read
	wait_for says client '^link'
	within 30 more_lines 'DHCPDECLINE(vde0) 00:03' "$declines" &&
		within 60 more_lines 'DHCPREPLY(vde0) fd09::' $((replies + 1))
	local ok=$?
	stop "$pid"
	return "$ok"
}
if [ "$stack" != kernel ]; then
	mkfifo "$dir/input"
	wait_for declined_and_bound
fi

not_bound()
{
	client eth,dhcp,probe addresses
	[ "$out" = "config 2" ] && says dnsmasq 'DHCPDECLINE\(vde0\) 10\.9\.0\.5[01]'
}
wait_for not_bound
well_formed 'dhcpv6.msgtype == 9'
well_formed 'dhcp.option.dhcp == 4'
pass
