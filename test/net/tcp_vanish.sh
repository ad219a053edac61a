#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Peers that vanish, without a word: examples/picox_echo (libpicoxnet alone) notices, as a server by keepalive, as
# a client by TCP_USER_TIMEOUT; other connections go on.
#
#	server: 10.0.0.1, picox --- switch --- 10.0.0.3, a vdens, to be killed
#	                              |   |
#	    client: 10.0.0.2, picox --+   +--- 10.0.0.4, a vdens, whose cable is pulled

. "$(dirname "$0")/lib.sh"
: "${ECHO:=$EXAMPLES/picox_echo}"
need_userns
need_vde
need_command nc
need_program "$VDENS" "$ECHO"

net_start switch net
start server "$ECHO" "$vnl" 10.0.0.1 255.255.255.0
server=$pid
wait_for says server listening
mkfifo "$dir/lines"
stdin=$dir/lines start client "$ECHO" "$vnl" 10.0.0.2 255.255.255.0 10.0.0.1
client=$pid
wait_for says client connected
echo "before" >"$dir/lines"
wait_for says client before

# Kernel peers, each with a connection over which a line has gone and come back.
for n in 3 4; do
	vdens_start "peer$n" "$vnl"
	inside "peer$n" ip addr add "10.0.0.$n/24" dev vde0
	mkfifo "$dir/typed$n"
	stdin=$dir/typed$n start "nc$n" nsenter --target "${inside_pid[peer$n]}" --user --net \
		--preserve-credentials nc 10.0.0.1 5000
	echo "line $n" >"$dir/typed$n"
	wait_for says "nc$n" "line $n"
done

# One network is stopped, so that nothing of its end comes out, and killed; the other one's cable is pulled.
kill -STOP "${inside_group[peer3]}"
inside peer4 ip link set vde0 down
wait_for says server '^10\.0\.0\.3: Connection timed out'
wait_for says server '^10\.0\.0\.4: Connection timed out'
stop "${inside_group[peer3]}" KILL

# Nobody else has noticed.
echo "after" >"$dir/lines"
wait_for says client after

# The server itself vanishes while the client has something to say. (Stopped, it still acknowledges nothing.)
kill -STOP "$server"
echo "never" >"$dir/lines"
await "$client"
assert_equal 1 "$status" "the client's end"
says client 'Connection timed out' || fail "the client: $(cat "$dir/client.log")"
kill -CONT "$server"
pass
