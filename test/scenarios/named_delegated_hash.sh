#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about iothnamed, delegated+hash.rc: a delegated domain of which each name is an address. The argument is
# iothnamed's stack (vdestack: the page's own words).
#
#     iothnamed 130.136.31.253, 2001:760:2e00:ff00::fd and ::ff -------- hub -------- vdens
stack=${1:?vdestack or picox}
. "$(dirname "$0")/scenario_lib.sh"
need_command host

example iothnamed/delegated+hash.rc "$stack"
network
daemon named 'iothnamed /tmp/delegated+hash.rc'

terminal client 'vdens vde:///tmp/hub'
at client 'ip addr add 130.136.31.1/24 dev vde0'
at client 'ip addr add 2001:760:2e00:ff00::1/64 dev vde0 nodad'
at client 'ip link set vde0 up'
# has NAME ADDRESS SERVER
has()
{
	at_last client "host -t AAAA $1.hash.v2.cs.unibo.it $3"
	assert_match "^$1\.hash\.v2\.cs\.unibo\.it has IPv6 address $2\$" "$out" "$1, from $3"
}
has renzo 2001:760:2e00:ff00:6066:4f84:db3e:c9cb 2001:760:2e00:ff00::fd
has lucia 2001:760:2e00:ff00:cf1:1fe9:aad4:e838 2001:760:2e00:ff00::ff
has whatever-you-want 2001:760:2e00:ff00:542d:ffcb:17e:8fa7 130.136.31.253
at_last client 'host 2001:760:2e00:ff00:cf1:1fe9:aad4:e838 2001:760:2e00:ff00::fd'
assert_match 'domain name pointer lucia\.hash\.v2\.cs\.unibo\.it\.$' "$out" "an address that was asked for before"
pass
