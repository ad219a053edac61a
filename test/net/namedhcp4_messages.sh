#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What clients say to namedhcp4 when they have an address, or do not want the one that they are given: RELEASE,
# DECLINE, INFORM, by dhclient, dhcpcd, udhcpc and libiothconf. The argument is where the server is: vnl, picox,
# vdestack, kernel.
#
#     one (clients)   two (has one's address)   home: iothnamed 192.168.1.24      watch
#          |                  |                   |                                 |
#     -----+------------------+-------- hub ------+-----+---------------------------+-----
#                                                       |
#                                             namedhcp4: VNL mode or a stack, 192.168.1.25
. "$(dirname "$0")/namedhcp4_lib.sh"

ONE=192.168.1.1
ID=192.168.1.25
address=$ID/24

net_start hub hub
for host in one two home; do
	host_start $host
done
inside home ip addr add 192.168.1.24/24 dev vde0
[ "$mode" != kernel ] || inside home ip addr add $address dev vde0
watch_start watch "$vnl"
named_start 'net w 0.0.0.0/0' "static A one.test.local $ONE" \
	"static TXT one.test.local $(texts 255.255.255.0 192.168.1.254)" 'auth static w .test.local'
server_start -n 192.168.1.24 -I $ID

# What the server has counted is what was on the wire.
released=0
released_once()
{
	released=$((released + 1))
	wait_for watched RELEASE $released
	wait_for counts release $released
}
# declined_by PID: it has declined, maybe more than once until it is ended; each is counted.
declined=0
as_many_declined()
{
	declined=$(grep -c '^DECLINE ' "$dir/watch.log")
	counts decline "$declined"
}
declined_by()
{
	wait_for watched DECLINE $((declined + 1))
	stop "$1"
	wait_for as_many_declined
}

# watched TYPE N: so many messages, and no more, from who had the address.
watched()
{
	[ "$(grep -c "^$1 .* server $ID " "$dir/watch.log")" -ge "$2" ]
}
counts()
{
	[ "$("$BUILD/tools/daemonctl/namedhcp4ctl" -s "$dir/ctl" stats |
		sed -n "s/^namedhcp4_received_total{type=\"$1\"} //p")" = "$2" ]
}

# --- given back

# Clients that send their RELEASE by a socket and then take their address away, as all of them do, send nothing if
# ARP has not found the server by then: the kernel drops what waits. So it is told beforehand.
knows_server()
{
	wait_for says watch "^OFFER from $ID "
	inside one ip neigh replace $ID dev vde0 nud permanent \
		lladdr "$(sed -n "s/^OFFER from $ID .* by \([^ ]*\) .*/\1/p" "$dir/watch.log" | tail -n 1)"
}

if have_command dhclient; then
	dhclient_conf one one.test.local
	dhclient_start one
	wait_for said one "BOUND $ONE"
	wait_for grep -q '^}' "$dir/one.leases" # written when the script has ended
	knows_server
	dhclient_release one
	stop "$dhclient"
	released_once
	says watch "^RELEASE from $ONE to $ID client $ONE " || fail "dhclient's RELEASE"
	# Bare networks: a random MAC address, of no maker and no group.
	[ "$mode" != vnl ] || says watch "^OFFER from $ID .* by .[26ae]:" || fail "the server's MAC address"
	forgotten one
fi

if have_dhcpcd one; then
	dhcpcd_start one one.test.local noarp release
	wait_for said one "BOUND $ONE"
	wait_for has_address one $ONE
	knows_server
	kill -TERM "$dhcpcd" # `release` makes that its -k
	await "$dhcpcd"
	released_once
	forgotten one
fi

if have_udhcpc; then
	udhcpc_start one one.test.local -R
	wait_for said one "bound $ONE"
	knows_server
	kill -USR2 "$udhcpc"
	released_once
	wait_for has_no_address one $ONE
	stop "$udhcpc"
	forgotten one
fi

# Ours gives back what the background looks after; a one-shot client's lease just ends, as upstream's does.
wait_for prints "^address $ONE" -- "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp,fqdn=one.test.local addresses +-dhcp
ours_gives_back one.test.local "$vnl" $ONE
assert_equal 1 "$(grep -c "^address $ONE" "$dir/ours.log")" "libiothconf: an address that is given back"
released_once
stop "$ours"
wait_for says watch "^RELEASE from $ONE to $ID client $ONE .* options 53,61,54\$"

# What nobody ever had, of a server that is another one: nothing happens.
wait_for prints "^address $ONE" -- "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp,fqdn=one.test.local addresses

# --- not wanted: another node has it

inside two ip addr add $ONE/24 dev vde0
if have_command dhclient; then
	touch "$dir/one.refuse"
	dhclient_conf one one.test.local
	dhclient_start one
	declined_by "$dhclient"
	rm "$dir/one.refuse"
	forgotten one
fi
if have_dhcpcd one; then
	dhcpcd_start one one.test.local
	declined_by "$dhcpcd"
	forgotten one
fi
if have_udhcpc; then
	udhcpc_start one one.test.local -a
	declined_by "$udhcpc"
	forgotten one
fi
declined_by_ours()
{
	run "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp,probe,fqdn=one.test.local addresses
	[[ $out != *address* ]] && within 5 watched DECLINE $((declined + 1))
}
wait_for declined_by_ours
# The administrator is told, once.
wait_for says server "192\.168\.1\.1 is another node's"
assert_equal 1 "$(grep -c "another node's" "$dir/server.log")" "said once"
inside two ip addr flush dev vde0 scope global

# --- INFORM: an address by hand, the rest from the server

if have_dhcpcd one; then
	inside one ip addr add $ONE/24 dev vde0
	dhcpcd_start one one.test.local noarp inform
	wait_for says watch "^ACK from $ID to $ONE client $ONE your 0.0.0.0 .* options 53,54,1,3"
	wait_for said one '^(INFORM|BOUND)'
	wait_for says watch "^INFORM .* client $ONE "
	stop "$dhcpcd"
fi
server_stop
