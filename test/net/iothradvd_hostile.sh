#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothradvd when 10,000 hosts a second ask: memory stays what it was, all are answered with no more than an
# advertisement to all in three seconds, and an honest host gets its answer. Two daemons on one link notice each other.
#
#	iothradvd on STACK (picox, vdestack; or vnl: on the network itself) ---- hub ---- radv_flood
#	                                                                          |
#	                                                                          +---- a second iothradvd

. "$(dirname "$0")/lib.sh"
: "${RADVD:=$BUILD/daemon/iothradvd/iothradvd}"
: "${RADVDCTL:=$BUILD/tools/daemonctl/iothradvdctl}"
flood=$BUILD/test/net/radv_flood
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$BUILD/lib/ioth:$BUILD/lib/iothconf:$LD_LIBRARY_PATH"
need_vde
need_program "$RADVD" "$RADVDCTL" "$flood"
stack=${1:-vnl}
[ "$stack" != vdestack ] || need_userns
net_start hub hub
hub=$pid
where=(-s "stack=$stack,vnl=$vnl,eth,mac=80:01:01:01:01:01")
[ "$stack" != vnl ] || where=(-s "$vnl" -m 80:01:01:01:01:01)
start radvd "$RADVD" "${where[@]}" --control "$dir/control" -P 600 -L 1800 fc00::/64/LA/86400/14400
radvd=$pid
wait_for test -S "$dir/control"

# figure NAME: of the statistics.
figure()
{
	"$RADVDCTL" -s "$dir/control" stats | sed -n "s/^iothradvd_$1{.*} //p"
}
at_least() # NAME NUMBER
{
	[ "$(figure "$1")" -ge "$2" ]
}
memory()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$radvd/status"
}

wait_for at_least multicast_total 1
"$flood" "$vnl" 1000 1 >"$dir/warm" # what is allocated once
before=$(figure multicast_total)
resident=$(memory)
begun=$SECONDS
run "$flood" "$vnl" 10000 4
assert_match ' answered$' "$out" "an honest host"
elapsed=$((SECONDS - begun + 1))
told=$(($(figure multicast_total) - before))
[ $((told * 3)) -le $((elapsed + 3)) ] || fail "$told advertisements to all in $elapsed s"
arrived() # more, where the machine has no time for so many a second
{
	at_least solicitations_total 10000 || { "$flood" "$vnl" 10000 2 alone && false; }
}
wait_for arrived
# (A sanitizer's memory is its own.)
ldd "$RADVD" | grep -E 'lib(asan|tsan)' >/dev/null ||
	[ $(($(memory) - resident)) -lt 4096 ] || fail "from $resident to $(memory) kilobytes"

# A second one, which says something else of the same prefix: both notice, and say it once.
start second "$RADVD" -s "$vnl" --control "$dir/control2" -v -P 4 -L 1800 -F O fc00::/64/LA/86400/7200
second=$pid
wait_for says radvd 'router fe80::.* advertises another O flag: 1, here it is 0'
wait_for says radvd 'another preferred lifetime of a prefix: 7200, here it is 14400'
wait_for at_least adverts_inconsistent_total 3
assert_equal 1 "$(grep -c 'another O flag' "$dir/radvd.log")" "said once"
stop "$second"

# The network vanishes and is back: hosts are told anew.
if [ "$stack" != vdestack ]; then # whose interface does not show it
	stop "$hub"
	if [ "$stack" = vnl ]; then
		wait_for says radvd 'the network is lost'
	else
		wait_for says radvd 'the link is down'
	fi
	wait_for sh -c "\"$RADVDCTL\" -s $dir/control status | grep ': waiting'"
	rm -rf "$dir/hub"
	before=$(figure multicast_total)
	net_start hub hub
	wait_for at_least multicast_total $((before + 1))
	run "$flood" "$vnl" 1 1
	assert_match ' answered$' "$out" "after the network is back"
fi
kill -0 "$radvd" || fail "the daemon is gone"
stop "$radvd"
pass
