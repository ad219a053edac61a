#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A thousand clients of namedhcp4, by perfdhcp, which is a relay of them all: all are answered, and like what they get.
# The argument is where the server is: vnl, picox, vdestack, kernel.
#
#     perf: perfdhcp, 192.168.1.30 ---- hub ----+---- home: iothnamed 192.168.1.24
#                                               +---- namedhcp4, 192.168.1.25
. "$(dirname "$0")/../net/namedhcp4_lib.sh"
need_command perfdhcp

address=192.168.1.25/24
net_start hub hub
host_start perf
host_start home
inside perf ip addr add 192.168.1.30/24 dev vde0
inside home ip addr add 192.168.1.24/24 dev vde0
[ "$mode" != kernel ] || inside home ip addr add $address dev vde0
named_start 'net w 0.0.0.0/0' 'static A one.test.local 192.168.1.1' \
	"static TXT one.test.local $(texts 255.255.255.0 192.168.1.254)" 'auth static w .test.local'
server_start -n 192.168.1.24 -I 192.168.1.25

# One name for all; option 81, with a NUL at its end. perfdhcp sends nothing twice, and a hub may lose what comes in
# bursts: so what counts is that nothing which has come to the server is left without an answer.
wait_for gets one.test.local 192.168.1.1 # the DNS is known from here on
name=010000$(printf one.test.local | od -An -tx1 | tr -d ' \n')00
run inside perf timeout 300 perfdhcp -4 -l vde0 -r 400 -n 1000 -R 1000 -W 1000000 -o "81,$name" 192.168.1.25
echo "$out" >"$dir/perfdhcp.log"
figure()
{
	sed -n "s/^namedhcp4_$1 //p" "$dir/stats"
}
all_answered()
{
	"$BUILD/tools/daemonctl/namedhcp4ctl" -s "$dir/ctl" stats >"$dir/stats"
	discovers=$(figure 'received_total{type="discover"}')
	requests=$(figure 'received_total{type="request"}')
	[ $((discovers + requests)) = "$(figure replies_total)" ]
}
wait_for all_answered
assert_equal 2 "$(grep -c '^rejected leases: 0$' <<<"$out")" "leases that perfdhcp likes: $out"
[ "$discovers" -ge 100 ] || fail "too few came: $discovers; $out"
server_stop
