#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The network goes away and comes back, a classic vde_switch: namedhcp4 says so, rests, and serves again as soon as it is
# there. The argument is where the server is: vnl, picox.
#
#     one (ours, on picox) ---- vde_switch ---- namedhcp4 192.168.1.25
#                                   |
#                                   +---------- home: iothnamed 192.168.1.24
. "$(dirname "$0")/namedhcp4_lib.sh"

ONE=192.168.1.1
address=192.168.1.25/24
net_start vde_switch switch
switch=$pid
host_start home
inside home ip addr add 192.168.1.24/24 dev vde0
named_start 'net w 0.0.0.0/0' "static A one.test.local $ONE" \
	"static TXT one.test.local $(texts 255.255.255.0 192.168.1.254)" 'auth static w .test.local'
printf 'nameserver 192.168.1.24\nserverid 192.168.1.25\n' >"$dir/rc"
server_start -f "$dir/rc"

# CPU time of a process and its threads, in clock ticks
ticks()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

wait_for gets one.test.local $ONE
for signal in TERM KILL; do
	stop "$switch" $signal
	rm -rf "$dir/switch"
	if [ "$mode" = vnl ]; then
		wait_for says server 'the network is lost'
	fi
	before=$(ticks "$server")
	sleep 1 # so long it does nothing
	[ $(($(ticks "$server") - before)) -lt 50 ] || fail "the server is busy with a network that is lost"
	kill -0 "$server" || fail "the server is gone"
	net_start vde_switch switch
	switch=$pid
	wait_for gets one.test.local $ONE
done
if [ "$mode" = vnl ]; then
	assert_equal 2 "$(grep -c 'the network is lost' "$dir/server.log")" "lost twice"
fi
server_stop
