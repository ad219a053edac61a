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
settle owner vde0
taken='ip=fc00::ffff/64: Address already in use'

# finds NAME PATTERN FILES COMMAND...: the program says that in one of these files. (It asks for a second whether somebody has
# its address; where the other one has no time to answer, it is started again.)
finds()
{
	local name=$1 pattern=$2 files=$3 tries
	shift 3
	for tries in 1 2 3 4 5 6; do
		start "$name" "$@"
		# shellcheck disable=SC2086 # several
		within 20 grep -q "$pattern" $files && stop "$pid" && return
		stop "$pid"
	done
	fail "$name does not say: $pattern"
}
stack=stack=picox,vnl=$vnl,ip=fc00::ffff/64,eth

finds radvd "$taken" "$dir/radvd.log" "$DAEMON/iothradvd/iothradvd" -s "$stack" fc00::/64
finds server "$taken" "$dir/server.log" "$DAEMON/namedhcp/namedhcp" -s "$stack" -n fc00::24
finds server4 "$taken" "$dir/server4.log" "$DAEMON/namedhcp/namedhcp4" -s "$stack" -I 192.0.2.1 -n fc00::24
finds dig "$taken" "$dir/dig.log" "$BUILD/tools/iothdig/iothdig" -s "$stack" @192.0.2.1 +tries=1 +timeout=1 one.test

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
	finds second "$twin" "$dir/first.log $dir/second.log" "$DAEMON/$program" -s "$vnl" -m $mac "${words[@]}"
	stop "$first"
done
pass
