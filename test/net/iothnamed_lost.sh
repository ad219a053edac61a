#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The switch ends under an iothnamed whose stack, picox with static addresses, has nothing else to do; it is
# started again, and so the names are there again.
. "$(dirname "$0")/lib.sh"
need_command vde_switch

net_start vde_switch switch
switch=$pid
export IOTHIP_CTL=$dir/ctl
printf '%s\n' "rstack \"stack='picox,ctl=$IOTHIP_CTL',vnl=$vnl\"" 'rstack eth,ip=fd78::53/64,nodad' 'net local ::/0' 'static AAAA a.b fd78::1' \
	'auth static local a.b' >"$dir/rc"
start named "$BUILD/daemon/iothnamed/iothnamed" "$dir/rc"
answers()
{
	run "$BUILD/tools/iothdig/iothdig" -s "stack=picox,vnl=$vnl,ip=fd78::99/64,eth,nodad" @fd78::53 +short a.b AAAA
	[ "$out" = fd78::1 ]
}
no_carrier()
{
	"$BUILD/tools/iothip/iothip" link show dev vde0 | grep NO-CARRIER
}
wait_for answers
for _ in 1 2 3 4; do
	stop "$switch"
	rm -rf "$dir/switch"
	wait_for no_carrier
	net_start vde_switch switch
	switch=$pid
	wait_for answers
done
pass
