#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The network vanishes under namedhcp, and comes back: it says each once, costs nothing meanwhile, and serves
# again. The argument is where the server is: vnl, picox.
#
#	home: iothnamed      libiothconf, before and after
#	          |            |
#	          +--- vde_switch, started again ---+--- namedhcp
. "$(dirname "$0")/lib.sh"
server_name=namedhcp
. "$(dirname "$0")/namedhcp_lib.sh"
need_command vde_switch
address=fc00::ffff/64

net_start vde_switch switch
switch=$pid
host_start home
inside home ip addr add fc00::24/64 dev vde0 nodad
named_start 'net w ::/0' 'auth static w .test.local' 'static AAAA one.test.local fc00::1'
server_start -n fc00::24 --lease 600

bind()
{
	run "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,nodad,fqdn=one.test.local addresses
	[[ $out == *"address fc00::1"* ]]
}
lines() # PATTERN
{
	grep -c -- "$1" "$dir/server.log"
}
switches() # of the server's threads, some of which end meanwhile: how often it has slept since it began
{
	{ cat /proc/"$server"/task/*/status 2>/dev/null || :; } | awk '/^voluntary/ { sum += $2 } END { print sum }'
}

wait_for bind
up=$(lines 'the network is there') || : # once at the start, where that is news
for round in 1 2; do
	stop "$switch"
	wait_for eval "[ \$(lines 'the network is lost') = $round ]"
	# It tries to open the network again, less and less often; it does not spin.
	before=$(switches)
	sleep 1
	[ $(($(switches) - before)) -lt 200 ] || fail "busy while there is no network"
	rm -rf "$dir/switch"
	net_start vde_switch switch
	switch=$pid
	wait_for eval "[ \$(lines 'the network is there') -ge $((round + up)) ]"
	wait_for bind
done
assert_equal 2 "$(lines 'the network is lost')" "said once each time"
server_stop
[ "$mode" = vnl ] || pass

# A network that is not there at the start is a mistake, and told.
stop "$switch"
assert_status 1 "$SERVER" -s "vde://$dir/nowhere" -n ::1
assert_match "vde://$dir/nowhere: " "$err" "a network that is not there"
pass
