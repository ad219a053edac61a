#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about iothnamed, delegated.rc: the server of a domain that others delegate to it. The argument is its
# stack: vdestack (the page's own words), picox, or kernel, where the lines rstack are left out and the machine has the
# addresses.
#
#     iothnamed 130.136.31.250, 2001:760:2e00:ff00::fd -------- hub -------- vdens 130.136.31.1, 2001:760:2e00:ff00::1
stack=${1:?vdestack, picox or kernel}
. "$(dirname "$0")/scenario_lib.sh"
need_command host

example iothnamed/delegated.rc "$stack"
network
if [ "$stack" = kernel ]; then
	sed -i /^rstack/d "$dir/delegated.rc"
	daemon named 'vdens --up vde:///tmp/hub sh -c "ip addr add 130.136.31.250/24 dev vde0
		ip addr add 2001:760:2e00:ff00::fd/64 dev vde0 nodad; exec iothnamed /tmp/delegated.rc"'
else
	daemon named 'iothnamed /tmp/delegated.rc'
fi

terminal client 'vdens vde:///tmp/hub'
at client 'ip addr add 130.136.31.1/24 dev vde0'
at client 'ip addr add 2001:760:2e00:ff00::1/64 dev vde0 nodad'
at client 'ip link set vde0 up'
for server in 130.136.31.250 2001:760:2e00:ff00::fd; do
	at_last client "host one.dom.v2.cs.unibo.it $server"
	assert_match '^one\.dom\.v2\.cs\.unibo\.it has address 192\.168\.1\.1$' "$out" "its address, from $server"
	assert_match '^one\.dom\.v2\.cs\.unibo\.it has IPv6 address fc00::1$' "$out" "its IPv6 address, from $server"
done
# (-t A: without it host asks for three things, one after the other.)
at_last client 'host -t A www.example.org 130.136.31.250 | grep "not found: 5(REFUSED)$"'
pass
