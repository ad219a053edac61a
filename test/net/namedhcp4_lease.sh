#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of a lease of namedhcp4, with dhclient, dhcpcd, udhcpc and libiothconf: bound, renewed by unicast (T1); the
# server is gone, and another one takes over (T2, broadcast); the name has another address (NAK, and the new one); no
# server any more (expired). The argument is where the server is: vnl, picox, vdestack, kernel.
#
#     one (dhclient)   two (dhcpcd)   three (udhcpc)   four (ours, on picox)   home: iothnamed 192.168.1.24
#          |                |              |               |                    |
#     -----+----------------+--------------+----- hub -----+----------+---------+--- watch
#                                                                     |
#                                     namedhcp4: VNL mode or a stack, 192.168.1.25, then 192.168.1.26
. "$(dirname "$0")/namedhcp4_lib.sh"
LEASE=24 # T1 12 s, T2 21 s; dhcpcd makes 20 s of less

net_start hub hub
for host in one two three home; do
	host_start $host
done
inside home ip addr add 192.168.1.24/24 dev vde0
watch_start watch "$vnl"

# names NUMBER: one.test.local is 192.168.1.(NUMBER + 1), two ...2, three ...3, four ...4.
names()
{
	local lines=('net w 0.0.0.0/0') name number=$1
	for name in one two three four; do
		number=$((number + 1))
		lines+=("static A $name.test.local 192.168.1.$number"
			"static TXT $name.test.local $(texts 255.255.255.0 192.168.1.254)")
	done
	named_start "${lines[@]}" 'auth static w .test.local'
}

# serve ADDRESS: there is a server there.
serve()
{
	address=$1/24
	[ "$mode" != kernel ] || inside home ip addr replace "$address" dev vde0
	server_start -n 192.168.1.24 -I "$1" --authoritative --lease $LEASE
	id=$1
}
leave()
{
	server_stop
	[ "$mode" != kernel ] || inside home ip addr del "$address" dev vde0
}

names 0
named=$pid
serve 192.168.1.25
clients=()
if have_command dhclient; then
	dhclient_conf one one.test.local
	dhclient_start one
	clients+=(1)
fi
if have_dhcpcd two; then
	dhcpcd_start two two.test.local noarp
	clients+=(2)
fi
if have_udhcpc; then
	udhcpc_start three three.test.local
fi
words=(addresses link resolv)
for _ in 1 2 3 4 5 6 7 8; do
	words+=(news addresses link resolv)
done
start four "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp,thread,fqdn=four.test.local "${words[@]}"
clients+=(4)

# every FUNCTION: it holds for the address of each client that renews by itself.
every()
{
	local number
	for number in "${clients[@]}"; do
		"$1" "192.168.1.$number" || return 1
	done
}

# --- renewed: to the server alone, and so is the answer

renewed()
{
	says watch "^REQUEST from $1 to $id client $1 " && says watch "^ACK from $id to $1 client $1 your $1 "
}
wait_for every renewed
! have_command dhclient || wait_for said one '^RENEW 192.168.1.1$'
if have_udhcpc; then # not before a minute, if it is not told to
	wait_for said three '^bound 192.168.1.3'
	kill -USR1 "$udhcpc"
	wait_for renewed 192.168.1.3
	wait_for said three '^renew 192.168.1.3'
	stop "$udhcpc"
fi

# --- rebound: another server is there, which nobody has asked for the lease

rebound()
{
	says watch "^REQUEST from $1 to 255.255.255.255 client $1 your 0.0.0.0 relay 0.0.0.0 server 0.0.0.0 "
}
# A machine that stands still for seconds makes a client miss what is between T2 and the end: then once more.
for _ in 1 2 3; do
	leave
	if [ "$id" = 192.168.1.25 ]; then serve 192.168.1.26; else serve 192.168.1.25; fi
	end=$((SECONDS + 50))
	until every rebound || [ $SECONDS -ge $end ]; do
		wait_a_moment
	done
	! every rebound || break
done
every rebound || fail "not rebound"
taken_over()
{
	says watch "^ACK from $id to $1 client $1 your $1 "
}
wait_for every taken_over

# --- the name has another address: refused, and the new one is given

stop "$named"
names 100
kill -HUP "$server"
moved()
{
	says watch "^NAK from $id to 255.255.255.255 .* server $id .* options 53,54,56" &&
		says watch "^ACK from $id .* your 192.168.1.$((${1##*.} + 100)) "
}
wait_for every moved
! have_command dhclient || wait_for has_address one 192.168.1.101
! have_dhcpcd two || wait_for has_address two 192.168.1.102
wait_for says four 192.168.1.104

# --- no server: it is over

leave
! have_command dhclient || wait_for has_no_address one 192.168.1.101
! have_dhcpcd two || wait_for has_no_address two 192.168.1.102
# Ours has had news, and no address behind the last.
over()
{
	awk '/^news/ { has = told = 0 } /^address/ { has = 1 } /^link/ { told = 1 } END { exit has || !told }' "$dir/four.log"
}
wait_for over
