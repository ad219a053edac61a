#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothnamed over TCP, on a stack (picox, vdestack, kernel: the argument): pipelining, closing halves, idle
# time, limits, clients that mean no good (iothnamed_tcp.py). Hosts and network: iothnamed.sh.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/iothnamed_lib.sh"
need_command python3

hosts_start
forwarder_start

# client TEST [ARGUMENT...]
client()
{
	run inside client python3 "$SRC/test/net/iothnamed_tcp.py" 192.168.1.24 "$@"
	[ "$status" = 0 ] || fail "$*: $(tail -n 3 <<<"$err")"
}

# restart LINE...: the example with these lines more
restart()
{
	[ -z "${named_pid:-}" ] || named_stop
	named_configure 'local+forward'
	printf '%s\n' "$@" >>"$dir/local+forward.rc"
	named_run 'local+forward'
}

count_is()
{
	ctl stats | grep -x "$1" >/dev/null
}

restart
client pipeline 200
client pieces
client half_close
client hostile
client resets
client deaf 2000
wait_for count_is 'iothnamed_tcp_connections 0'
wait_for count_is 'iothnamed_forward_waiting 0'
wait_for count_is 'iothnamed_upstream_sockets 0'

restart 'option tcptimeout 1'
client idle
wait_for count_is 'iothnamed_tcp_closed_total{why="idle"} [3-9][0-9]*'
wait_for count_is 'iothnamed_tcp_connections 0'

restart 'option tcpperclient 5'
client limit 1024 5
# A crowd, and a queue of the listener that is far too short for it. (The kernel resets some then, and lets others try again for
# a minute.)
if [ "$stack" = picox ]; then
	restart 'option tcpperclient 500' # tcplistenbacklog is 5
	client crowd 100
	wait_for count_is 'iothnamed_tcp_connections 0'
fi
restart 'option tcpclients 8'
client limit 8 8
# With few descriptors, clients get a third of them: others are for forwarding.
if have_command prlimit; then
	named_under='prlimit --nofile=120' restart
	client limit 40 40
fi

# Others' addresses are not accepted (auth accept local).
named_stop
named_configure 'local+forward'
sed -i 's/^net .*local.*/net local 192.168.1.200\/32/' "$dir/local+forward.rc"
named_run 'local+forward'
client refused
count_is 'iothnamed_tcp_closed_total{why="not accepted"} 1' || fail "not counted: $(ctl stats | grep closed)"
named_stop
pass
