#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothconf in the background: leases that are renewed, that end, that move to another network; routers and
# their data that come and go; what the program hears of it; stacks that are deleted meanwhile.
#
#	dhcp_peer.py (plays server and router, by the orders it reads) ---- hub ---- iothconf_client on STACK
#
# The peer has leases renewed after a second, so that a day passes quickly; they last long enough for a loaded
# machine, but where their end is what is waited for.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dhcp_lib.sh"
stack=${1:-picox}
peer_start

# A lease is renewed by unicast after a second; the program hears nothing: nothing has changed.
order lease 60 1 50
begin 6 +eth,dhcp,nodad,thread addresses resolv read addresses resolv delete
wait_for says peer 'REQUEST renewing'
step
finish
[ "$(grep -c '^address 10.9.0.50$' "$dir/client.log")" = 2 ] || fail "the address has not stayed"
says client '^unchanged$' || fail "news without a reason"
says client '^deleted$' || fail "the stack could not be deleted"

# Other name servers with the renewal: the program hears of it by both ways.
order lease 60 1 50
order dns 10.9.0.60
begin 6 +eth,dhcp,thread resolv news resolv delete
wait_for says client '^\| nameserver 10.9.0.60$'
order dns 10.9.0.61
wait_for says client '^\| nameserver 10.9.0.61$'
finish
says client '^news [01]$' || fail "no news" # the function may be on its way still

# The server goes: after the lease the address goes, too; it is back, and so is the address.
order lease 5 1 3
begin 6 +eth,dhcp,thread resolv news addresses resolv read news addresses delete
wait_for says client '^\| nameserver' # what changes from now on is news
order silent
wait_for says client '^news'
order speak
step
finish
grep '^address' "$dir/client.log" >"$dir/seen" || :
assert_equal "address 10.9.0.50" "$(cat "$dir/seen")" "an address after the end of the lease, or none later"
wait_for says peer 'REQUEST rebinding'

# The network vanishes and is back: the lease is confirmed (INIT-REBOOT), the router asked again.
# (An interface of vdestack does not show it.)
if [ "$stack" = picox ]; then
	order lease 3600
	order ra 1800 fd09:: 600
	begin 22 +eth,dhcp,rd,slaac,nodad,thread addresses read addresses delete
	wait_for says client '^address fd09::'
	stop "$hub"
	rm -rf "$dir/hub"
	net_start hub hub
	wait_for says peer 'REQUEST rebooting'
	step
	finish
	[ "$(grep -c '^address 10.9.0.50$' "$dir/client.log")" = 2 ] || fail "the lease was lost with the network"
	[ "$(grep -c '^address fd09::' "$dir/client.log")" = 2 ] || fail "the address was lost with the network"
fi

# A refusal takes the address away.
order lease 60 1 50
begin 6 +eth,dhcp,thread resolv news addresses delete
wait_for says client '^\| nameserver'
order nak
finish
! says client '^address' || fail "the address has survived a NAK"
order speak

# A router: name servers for some seconds. (Where the program has no time for so long, it sees none, and no end of them.)
order ra 1800 fd09:: 4
for tries in 1 2 3 4 5; do
	begin 18 +eth,rd,slaac,nodad,thread addresses resolv link news addresses resolv delete
	wait_for says client '^link'
	! says client '^\| nameserver fd09::53$' || break
	[ "$tries" -lt 5 ] || fail "no name server"
	stop "$client"
done
finish
[ "$(grep -c '^address fd09::' "$dir/client.log")" = 2 ] || fail "the address has not stayed"
[ "$(grep -c nameserver "$dir/client.log")" = 1 ] || fail "a name server beyond its lifetime"

# A router comes later, with a name server: when that is news there is an address to ask it from.
order norouter
order lease 60
begin 6 +eth,dhcp,rd,slaac,thread resolv news addresses delete
wait_for says client '^\| nameserver'
order ra 1800 fd09:: 600
finish
says client '^address fd09::' || fail "news of a name server before there is an address"
order norouter

# The lease is given back. (A network may drop what it has not read yet when a stack leaves it.)
order lease 100
begin 6 +eth,dhcp,thread +-dhcp addresses read delete
wait_for says peer 'RELEASE 10.9.0.50'
step
finish
! says client '^address' || fail "-dhcp has left an address"
says client '^deleted' || fail "the stack could not be deleted"
pass
