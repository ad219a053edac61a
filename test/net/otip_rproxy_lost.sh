#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The network outside otip_rproxy is lost (a vde_switch that ends), and comes back: connections go on, and so do
# windows, of which some open and close while nobody can be reached.
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/net/otip_lib.sh
. "$SRC/test/net/otip_lib.sh"
need_command vde_switch

now()
{
	"$OTIPADDR" -b fc01:: -T 2 renzo.otip mypassword
}

# An address may end while it is used: who has been slow asks again.
is_served()
{
	inside client timeout 5 python3 "$PEER" echo "$(now)" 4242 1000
}

echoed()
{
	[ "$(grep -c '^echoed' "$dir/$1.log")" = "$2" ]
}

have_windows()
{
	[ "$(metric windows_total)" -ge "$1" ]
}

outside_kind=vde_switch
hosts_start
switch=$outside_pid
servers_start
rproxy_rc "tcp 4242,$server,$port" "udp 4242,$server,$port" 'otip_period 2' 'otip_preactive 1' 'otip_postactive 20'
rproxy_start
wait_for is_served
peer_start stays hold "$(now)" 4242
echo one >"$dir/stays.in"
wait_for echoed stays 1
for turn in 2 4; do
	stop "$switch" KILL
	rm -rf "$dir/outside"
	echo lost >"$dir/stays.in"
	wait_for have_windows $(($(metric windows_total) + 3))
	! inside client ping -n -c 1 -W 1 "$(now)" >/dev/null || fail "an answer without a network"
	echoed stays $((turn - 1)) || fail "an echo without a network"
	net_start vde_switch outside
	switch=$pid
	wait_for echoed stays $turn
	wait_for is_served
	echo again >"$dir/stays.in"
	wait_for echoed stays $((turn + 1))
done
echo end >"$dir/stays.in"
wait_for says stays '^ended'
kill -TERM "$(rproxy_pid)"
await "$rproxy_group"
assert_equal 0 "$status" "exit status"
pass
