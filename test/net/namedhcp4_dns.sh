#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp4 and a DNS that is slow, or dead, or tells of many addresses, or of another name's; then a flood of DISCOVER
# of names that nobody answers for. Who has a name that is answered for is served all the time, and memory stays what it
# was. The argument is where the server is: vnl, picox, vdestack, kernel.
#
#     clients (on picox), dhcp4_load ---- hub ----+---- home: dhcp4_dns.py 192.168.1.24
#                                                 +---- watch
#                                                 +---- namedhcp4, 192.168.1.25
. "$(dirname "$0")/namedhcp4_lib.sh"
LOAD=$BUILD/test/net/dhcp4_load
need_program "$LOAD"

address=192.168.1.25/24
net_start hub hub
host_start home
inside home ip addr add 192.168.1.24/24 dev vde0
[ "$mode" != kernel ] || inside home ip addr add $address dev vde0
watch_start watch "$vnl"
in_host home dns python3 "$SRC/test/net/dhcp4_dns.py" 192.168.1.24
wait_for says dns ready
printf 'nameserver 192.168.1.24\noptions timeout:10\n' >"$dir/resolv.conf" # a patient one: many questions wait
server_start -r "$dir/resolv.conf" -I 192.168.1.25

# client NAME: one that asks until it has an address, in the background; its addresses are in $dir/NAME.log.
client()
{
	start "$1" "$CLIENT" "stack=picox,vnl=$vnl" "+eth,dhcp,thread,fqdn=$1.test.local" addresses news addresses
}
# served NAME ADDRESS: `thread` goes on where the first attempt has failed.
served()
{
	wait_for says "$1" "^address $2\$"
}

client never
never=$pid
client foreign
foreign=$pid
client slow
client many
client alias
client both
client right
served right 192.168.1.1
served alias 192.168.1.1
served many 192.168.1.2
served both 192.168.1.3
served slow 192.168.1.4
kill -0 "$never" "$foreign" || fail "clients have given up"
! says watch ' your 192.168.1.66 ' || fail "an address of another name"
! says never '^address' || fail "an address without an answer"
! says foreign '^address' || fail "an address of another name"
stop "$never"
stop "$foreign"

memory()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$server/status"
}
"$LOAD" "$vnl" flood 500 1 >/dev/null # what is allocated once
before=$(memory)
start flood "$LOAD" "$vnl" flood 2000 4
flood=$pid
start again "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp,thread,fqdn=right.test.local addresses news addresses
served again 192.168.1.1
await "$flood"
assert_equal 0 "$status" "the flood"
grep -q '"sent": [1-9]' "$dir/flood.log" || fail "no flood: $(cat "$dir/flood.log")"
# (A sanitizer's memory is its own.)
ldd "$SERVER" | grep -E 'lib(asan|tsan)' >/dev/null ||
	[ $(($(memory) - before)) -lt 8192 ] || fail "from $before to $(memory) kilobytes"
given_up() # for others; by another flood, if not so many have come
{
	counted evicted_total || counted dns_dropped_total || { "$LOAD" "$vnl" flood 2000 2 && false; }
}
wait_for given_up
server_stop
