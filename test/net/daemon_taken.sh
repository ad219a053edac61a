#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An address that another node has: every program that makes a stack says so, and so does one without a stack whose
# MAC address, and so its link-local address, is another's.
#
#	owner (fc00::ffff) ---- hub ---- namedhcp, namedhcp4, iothradvd, iothdig; and their twins
. "$(dirname "$0")/lib.sh"
DAEMON=$BUILD/daemon
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$BUILD/lib/ioth:$BUILD/lib/iothconf:$BUILD/lib/iothdns:$LD_LIBRARY_PATH"
need_userns
need_vde
need_program "$DAEMON/namedhcp/namedhcp" "$DAEMON/namedhcp/namedhcp4" "$DAEMON/iothradvd/iothradvd" \
	"$BUILD/tools/iothdig/iothdig" "$VDENS"
unthreaded "$VDENS"

net_start hub hub
vdens_start owner "$vnl"
inside owner ip addr add fc00::ffff/64 dev vde0 nodad
has_link_local()
{
	[ -n "$(inside owner ip -o -6 addr show dev vde0 scope link | grep -v tentative)" ]
}
wait_for has_link_local
taken='ip=fc00::ffff/64: Address already in use'
stack=stack=picox,vnl=$vnl,ip=fc00::ffff/64,eth

start radvd "$DAEMON/iothradvd/iothradvd" -s "$stack" fc00::/64
wait_for says radvd "$taken"
stop "$pid"
start server "$DAEMON/namedhcp/namedhcp" -s "$stack" -n fc00::24
wait_for says server "$taken"
stop "$pid"
start server4 "$DAEMON/namedhcp/namedhcp4" -s "$stack" -I 192.0.2.1 -n fc00::24
wait_for says server4 "$taken"
stop "$pid"
run "$BUILD/tools/iothdig/iothdig" -s "$stack" @192.0.2.1 +tries=1 +timeout=1 one.test
assert_match "$taken" "$err" iothdig

# Two daemons that were given one MAC address: the second says so, or the first, if it is still looking for others
# itself.
mac=02:00:00:00:00:77
twin='another node has the link-local address of 02:00:00:00:00:77'
for program in iothradvd/iothradvd namedhcp/namedhcp; do
	name=${program#*/}
	words=(-n fc00::24)
	[ "$name" = namedhcp ] || words=(-f /dev/null fc00::/64)
	start first "$DAEMON/$program" -s "$vnl" -m $mac "${words[@]}"
	first=$pid
	wait_for says first ': serving'
	start second "$DAEMON/$program" -s "$vnl" -m $mac "${words[@]}"
	wait_for grep -q "$twin" "$dir/first.log" "$dir/second.log"
	stop "$pid"
	stop "$first"
done
pass
