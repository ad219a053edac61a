#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Nodes that are threads of one program and were told nothing but their names: each gets its address and its name
# server from the network, and is reached by its name. Arguments: the stack of the threads, and where the servers
# are (vdestack, picox, vnl).
#
#     iothnamed     iothradvd     namedhcp      ioth_names: h1, h2       vdens: h3
#         |             |             |            |      |                  |
#     ----+-------------+-------------+-- hub -----+------+------------------+----
stack=${1:?picox or vdestack}
mode=${2:?vdestack, picox or vnl}
. "$(dirname "$0")/scenario_lib.sh"
. "$(dirname "$0")/dhcp6_lib.sh"
need_program "$EXAMPLES/ioth_names" "$BUILD/tools/iothdig/iothdig"
H1=fc00::580c:c6d0:5a1a:5b6b
H2=fc00::a831:4648:3762:4f4d

servers6 "$mode" iothnamed.rc '-D fc00::24 -S hash.local' < <(hash_rc)

# (It waits some seconds for the servers; on a machine that has no time for them it is started again.)
for tries in 1 2 3 4 5 6; do
	line names "ioth_names stack=$stack,vnl=vde:///tmp/hub,auto h1.hash.local h2.hash.local"
	names=$pid
	wait_for says names '^ready$'
	! { says names "^h1\.hash\.local: $H1, " && says names "^h2\.hash\.local: $H2, " &&
		says names '^nameserver fc00::24$' && says names '^search hash\.local$'; } || break
	[ "$tries" -lt 6 ] || fail "addresses, name server, search list: $(cat "$dir/names.log")"
	stop "$names"
done

# A visitor that knows its name, too, and what the network tells: names without a domain are enough.
: >"$dir/rc3"
terminal visitor 'vdens -r /tmp/rc3 --config auto6,thread,fqdn=h3.hash.local vde:///tmp/hub'
at_last visitor 'ping -c 1 h1'
assert_match "64 bytes from .*$H1" "$out" "a thread by its name"
if have_command curl; then
	at_last visitor 'curl -s --connect-timeout 20 http://h2.hash.local/'
	assert_match "^I am h2\.hash\.local, a thread at $H2\.\$" "$out" "a thread on the web"
fi
# Another stack of the program's kind asks its own name server, in both directions.
ask="iothdig -s stack=$stack,vnl=vde:///tmp/hub,auto6,fqdn=h4.hash.local +short"
answers() # WORD... ANSWER: asked again where nobody had time
{
	run bash -c "${ask//\/tmp\//$dir/} ${*:1:$#-1}"
	[ "$out" = "${*: -1}" ]
}
wait_for answers h1.hash.local AAAA $H1
wait_for answers -x $H1 h1.hash.local.

kill -TERM "$names"
await "$names"
assert_equal 0 "$status" "the threads' end"
pass
