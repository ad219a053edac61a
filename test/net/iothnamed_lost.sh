#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The switch ends under an iothnamed whose stack, picox with static addresses, has nothing else to do; it is
# started again, and so the names are there again, and the log says both. One whose address another node had
# gets it when the network is back and the other is not.
. "$(dirname "$0")/lib.sh"
need_command vde_switch

net_start vde_switch switch
switch=$pid
export IOTHIP_CTL=$dir/ctl
printf '%s\n' "rstack \"stack='picox,ctl=$IOTHIP_CTL',vnl=$vnl\"" 'rstack eth,ip=fd78::53/64,nodad' 'net local ::/0' 'static AAAA a.b fd78::1' \
	'auth static local a.b' >"$dir/rc"
start named "$BUILD/daemon/iothnamed/iothnamed" "$dir/rc"
named=$pid
answers()
{
	run "$BUILD/tools/iothdig/iothdig" -s "stack=picox,vnl=$vnl,ip=fd78::99/64,eth,nodad" @fd78::53 +short a.b AAAA
	[ "$out" = fd78::1 ]
}
no_carrier()
{
	"$BUILD/tools/iothip/iothip" link show dev vde0 | grep NO-CARRIER
}
# has_told COUNT WORD: so often so far.
has_told()
{
	[ "$(grep -c "request stack: vde0: the network is $2" "$dir/named.log")" = "$1" ]
}
wait_for answers
for turn in 1 2 3 4; do
	stop "$switch"
	rm -rf "$dir/switch"
	wait_for no_carrier
	wait_for has_told $turn lost
	net_start vde_switch switch
	switch=$pid
	wait_for answers
	wait_for has_told $turn there
done

# The first may be slow to say that the address is its own.
printf '%s\n' "stack stack=picox,vnl=$vnl" 'stack eth,ip=fd78::53/64' >"$dir/rc2"
is_refused()
{
	start second "$BUILD/daemon/iothnamed/iothnamed" --control "$dir/second" "$dir/rc2"
	wait_for says second 'serving$'
	says second 'request stack: fd78::53/64 is missing' && return
	stop "$pid"
	return 1
}
second_is()
{
	run "$BUILD/tools/daemonctl/iothnamedctl" --socket "$dir/second" "$1"
	matches "$2"
}
wait_for is_refused
wait_for second_is status '^request stack: fd78::53/64 is missing'
wait_for second_is stats '^iothnamed_addresses_missing 1$'
stop "$named"
stop "$switch"
rm -rf "$dir/switch"
wait_for second_is status '^request stack: the network is lost'
wait_for second_is stats '^iothnamed_networks_lost 1$'
net_start vde_switch switch
wait_for says second 'request stack: fd78::53/64 is there'
wait_for second_is status '^request stack: well'
pass
