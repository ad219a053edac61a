#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp reloads: what clients are told of has names, which are asked for while the server serves. The
# argument is where the server is: vnl, picox, vdestack, kernel.
#
#     client     silent (fc00::25)    home: iothnamed fc00::24, and namedhcp's kernel stack
#       |              |                |
#     --+--------------+------ hub -----+-----+---
#                                             |
#                                     namedhcp: VNL mode or a stack, fc00::ffff
server_name=namedhcp
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namedhcp_lib.sh"
need_command python3

address=fc00::ffff/64
net_start hub hub
host_start home
inside home ip addr add fc00::24/64 dev vde0 nodad
named_start 'net w ::/0' 'static AAAA ns1.hash.local fc00::11' 'static AAAA ns2.hash.local fc00::22' \
	'static AAAA one.hash.local fc00::1' 'static AAAA two.hash.local fc00::2' \
	'static AAAA three.hash.local fc00::3' 'auth static w .hash.local'

# A name server that never answers, and is waited for longer than this test takes.
printf '%s\n' 'nameserver fc00::25' 'options timeout:30 attempts:5' >"$dir/silent.conf"
host_start silent
inside silent ip addr add fc00::25/64 dev vde0 nodad
start deaf nsenter --target "${inside_pid[silent]}" --user --net --preserve-credentials python3 -c '
import signal, socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("fc00::25", 53))
print("bound", flush=True)
signal.pause()'
wait_for says deaf bound

configure()
{
	printf '%s\n' "$@" >"$dir/rc.new"
	mv "$dir/rc.new" "$dir/rc"
}

reload()
{
	configure "$@"
	assert_status 0 "$BUILD/tools/daemonctl/namedhcpctl" -s "$dir/ctl" reload
}

# client NAME ADDRESS SERVER...: a client of that name gets this, and is told of these name servers.
client()
{
	local name=$1 expected=$2
	shift 2
	wait_for prints "^address $expected" -- \
		"$CLIENT" "stack=picox,vnl=$vnl" "+eth,dhcp6,fqdn=$name.hash.local" addresses resolv
	assert_equal "$*" "$(sed -n 's/^. nameserver //p' <<<"$out" | tr '\n' ' ' | sed 's/ $//')" "name servers of $name"
}

# At the start names are asked for before anybody is served; one that is not there is left out.
configure 'nameserver fc00::24' 'dns fc00::99,ns1.hash.local,none.hash.local'
server_start --rcfile "$dir/rc"
assert_match 'none.hash.local: there is no such name: it is left out' "$(cat "$dir/server.log")" "a name without address"
client one fc00::1 fc00::99 fc00::11

# With addresses, a reload is done when it returns.
reload 'nameserver fc00::24' 'dns fc00::98'
client two fc00::2 fc00::98

# The name server of the new options does not answer. Clients, also one whose name was never asked for, are
# served as before.
reload "resolvconf $dir/silent.conf" 'dns ns2.hash.local'
assert_match 'until they are known the old' "$(cat "$dir/server.log")" "a reload that waits"
client three fc00::3 fc00::98
client two fc00::2 fc00::98
assert_no_match 'the hosts are known' "$(cat "$dir/server.log")" "a reload that waits"

# The next reload overtakes it.
reload 'nameserver fc00::24' 'dns ns2.hash.local,ns1.hash.local'
wait_for says server 'the hosts are known: the new configuration is in use'
client one fc00::1 fc00::22 fc00::11

# The end does not wait for one.
reload "resolvconf $dir/silent.conf" 'dns ns2.hash.local'
server_stop

# Nor does the end of a start. A reload has to wait until it has begun.
server_begin --rcfile "$dir/rc"
wait_for says server 'hosts are being asked for'
kill -HUP "$server"
kill -TERM "$server"
await "$server"
assert_equal 0 "$status" "status of a start that is ended; $(tail -n 5 "$dir/server.log")"
assert_match 'leaving on signal 15' "$(cat "$dir/server.log")" "the signal"
assert_no_match ': serving|reload' "$(cat "$dir/server.log")" "a start that is ended"
pass
