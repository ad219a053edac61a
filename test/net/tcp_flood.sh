#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A server with the stack picox serves a client of the kernel's while a third host floods it with forged SYNs,
# RSTs, ACKs, FINs, data, ICMP errors (RFC 5927, RFC 5961) and has connections of its own that misbehave.
#
#	server: 10.0.0.1, picox --- switch --- client: 10.0.0.2, a vdens
#	                            |
#	                  attacker: 10.0.0.3, a vdens; the server's router

. "$(dirname "$0")/lib.sh"
: "${PEER:=$BUILD/test/net/tcp_peer}"
: "${FLOOD:=$BUILD/test/net/tcp_flood}"
: "${IOTHIP:=$BUILD/tools/iothip/iothip}"
need_userns
need_vde
need_program "$VDENS" "$PEER" "$FLOOD" "$IOTHIP"
memory=16777216

stat() # NAME
{
	"$IOTHIP" -j stats all "$1" | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"
}

within_budget()
{
	[ "$(stat PicoxMemUsed)" -le $memory ] || fail "the stack has $(stat PicoxMemUsed) bytes"
}

net_start switch net
export IOTHIP_CTL=$dir/ctl
start server "$PEER" "picox,mem=16M,ctl=$IOTHIP_CTL,max_syn_backlog=128,rmem=4096:65536:65536" "$vnl" \
	ip=10.0.0.1/24,gw=10.0.0.3 serve
server=$pid
wait_for says server listening
mac=$("$IOTHIP" link show dev vde0 | sed -n 's/.*ether \([0-9a-f:]*\) .*/\1/p')
vdens_start client "$vnl"
inside client ip addr add 10.0.0.2/24 dev vde0
# The client's ports are no secret. (Where /proc/sys is read-only they are.)
ports_known=yes
inside client sh -c 'echo 40000 40063 >/proc/sys/net/ipv4/ip_local_port_range' 2>/dev/null || ports_known=
vdens_start attacker "$vnl"
inside attacker ip addr add 10.0.0.3/24 dev vde0
inside attacker ping -c 1 -w "$deadline" 10.0.0.1 >"$dir/ping.log"

# Who has opened connections, and keeps them, costs no more than the budget.
inside attacker "$FLOOD" vde0 "$mac" peers || fail "the connections that misbehave"
within_budget

# The queue of half-open connections is full of forged ones before the client comes.
start flood nsenter --target "${inside_pid[attacker]}" --user --net --preserve-credentials \
	"$FLOOD" vde0 "$mac" floods
flood=$pid
wait_for says flood '^round 5$'
queue_full() { [ "$(stat TcpExtTCPReqQFullDoCookies)" -gt 0 ]; }
wait_for queue_full

serve_client()
{
	start client_peer nsenter --target "${inside_pid[client]}" --user --net --preserve-credentials \
		"$PEER" kernel - ip=10.0.0.2/24 connect 10.0.0.1 count=24 parallel=6 up=200000 down=200000 \
		rcvbuf=32768
	client=$pid
	while ! is_gone "$client"; do
		within_budget
		wait_a_moment
	done
	await "$client"
	[ "$status" = 0 ] || fail "the client: $(cat "$dir/client_peer.log")"
	says client_peer '^connections 24 failed 0' || fail "the client: $(cat "$dir/client_peer.log")"
	cat "$dir/client_peer.log"
}

# It was by cookies that it came in; and what was forged arrived, and was known as such.
expected="TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtSyncookiesFailed TcpExtTCPOFOQueue IcmpInDestUnreachs TcpOutRsts"
[ -z "$ports_known" ] || expected+=" TcpExtOutOfWindowIcmps TcpExtTCPChallengeACK"
seen_all()
{
	local name
	for name in $expected; do
		[ "$(stat "$name")" -gt 0 ] || return
	done
}
for _ in {1..50}; do
	serve_client
	! seen_all || break
done
stop "$flood"
for name in $expected; do
	echo "$name $(stat "$name")"
	[ "$(stat "$name")" -gt 0 ] || fail "$name is 0: the flood did not do what this test is about"
done
within_budget
kill -TERM -- "-$server"
await "$server"
assert_equal 0 "$status" "the server's end"
pass
