#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about iothnamed, otip+forward.rc: a name whose address is another one every half minute. The argument is
# iothnamed's stack (vdestack: the page's own words).
#
#     iothnamed fc00::24 -------- hub -------- vdens fc00::1
stack=${1:?vdestack or picox}
. "$(dirname "$0")/scenario_lib.sh"
need_command host

example iothnamed/otip+forward.rc "$stack"
network
daemon named 'iothnamed /tmp/otip+forward.rc'

terminal one 'vdens -R fc00::24 vde:///tmp/hub'
at one 'ip addr add fc00::1/64 dev vde0 nodad'
at one 'ip link set vde0 up'
ask() # sets $address
{
	at_last one 'host -t AAAA renzo.otip'
	address=$(sed -n 's/^renzo\.otip has IPv6 address //p' <<<"$out")
	assert_match '^2001:760:2e00:ff00:' "$address" "the network"
}
another()
{
	ask
	[ "$address" != "$first" ]
}
ask
first=$address
wait_for another
# Every tool has the same.
agreed()
{
	ask
	at one 'otipaddr -b 2001:760:2e00:ff00:: renzo.otip mypassword'
	grep -x "$address" <<<"$out"
}
wait_for agreed
pass
