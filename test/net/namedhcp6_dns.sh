#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp whose DNS is slow, silent, or says what nobody has asked; then under a flood of solicitations: memory stays
# what it was, and an honest client gets its address. The argument is where the server is: vnl, picox.
#
#	home: odd_dns.py fc00::24     libiothconf, dhcp6_load
#	          |                      |
#	          +-------- hub ---------+--- namedhcp
. "$(dirname "$0")/lib.sh"
server_name=namedhcp
. "$(dirname "$0")/namedhcp_lib.sh"
load=$BUILD/test/net/dhcp6_load
need_command python3
need_program "$load"
address=fc00::ffff/64

net_start hub hub
host_start home
inside home ip addr add fc00::24/64 dev vde0 nodad
start dns inside home python3 "$(dirname "$0")/odd_dns.py" fc00::24
wait_for says dns ready
printf 'nameserver fc00::24\noptions timeout:5\n' >"$dir/resolv"
server_start -r "$dir/resolv"

stat_of() # METRIC
{
	"$BUILD/tools/daemonctl/namedhcpctl" -s "$dir/ctl" stats | sed -n "s/^namedhcp_$1 //p"
}
at_least()
{
	[ "$(stat_of "$1")" -ge "$2" ]
}

# client NAME: what it gets, in $out.
client()
{
	local name=$1
	run "$CLIENT" "stack=picox,vnl=$vnl" "+eth,dhcp6,nodad,fqdn=$name.test" addresses
}

# is_served NAME: it gets its address, at the latest when it is asked for again.
is_served()
{
	client "$1"
	expect_lines '^address fc00::1$'
}

# --- one that gets no answer waits; it delays nobody

start never "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,nodad,fqdn=never.test addresses
never=$pid
start slow "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,nodad,fqdn=slow3.test addresses
slow=$pid
wait_for at_least 'received_total{type="solicit"}' 2
is_served good # beside two that wait
assert_no_match '^address' "$(cat "$dir/never.log" "$dir/slow.log")" "those who wait"

# --- answers of the odd kind

is_served many
assert_equal 1 "$(grep -c ^address <<<"$out")" "addresses that a client gets of many"
for name in other wrong cut; do
	client $name
	assert_no_match '^address' "$out" "an answer that is none ($name)"
done
await $slow
says slow '^address fc00::1$' || is_served slow3 # a slow answer is one
await $never
assert_no_match '^address' "$(cat "$dir/never.log")" "no answer"

# --- a flood, each of another client and name, more than this DNS can answer

memory()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$server/status"
}
before=$(stat_of 'received_total{type="solicit"}')
"$load" "$vnl" flood 5000 1 >"$dir/warm" # what is allocated once
wait_for at_least 'received_total{type="solicit"}' $((before + 100))
resident=$(memory)
start flood "$load" "$vnl" flood 5000 5
flood=$pid
is_served good2 # an honest client beside a flood
await $flood
arrived() # what a network loses comes by another flood
{
	at_least 'received_total{type="solicit"}' 5000 || { "$load" "$vnl" flood 5000 1 && false; }
}
wait_for arrived
# (A sanitizer's memory is its own.)
ldd "$SERVER" | grep -E 'lib(asan|tsan)' >/dev/null ||
	[ $(($(memory) - resident)) -lt 4096 ] || fail "from $resident to $(memory) kilobytes"
is_served good3 # after the flood

server_stop
pass
