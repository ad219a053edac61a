#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What clients say to namedhcp beside solicit and renew: rapid commit, confirm, decline, information-request. The
# arguments: where the server is, and the client: dhclient, dhcpcd, dhcp6c, iothconf.
#
#	one (the client) ---- hub ---- home: iothnamed; namedhcp
#	                       |
#	                       +---- two, which has the client's address when that is told to decline it
who=${2:?dhclient, dhcpcd, dhcp6c or iothconf}
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/namedhcp6_lib.sh"
[ "$who" = iothconf ] || need_command "$who"

net_start hub hub
hub=$pid
home_start
host_start one
host_start two
serve --lease forever
dhclient_script

network_again()
{
	stop "$hub"
	rm -rf "$dir/hub"
	net_start hub hub
	hub=$pid
	for host in home one two; do
		wait_for link_local_of $host
	done
}

case $who in
dhclient)
	# Two messages instead of four.
	dhclient_more='send dhcp6.rapid-commit;'
	start dhclient dhclient_in one one -v -d
	wait_for has_address one fc00::1
	assert_equal 0 "$(received request)" "a request after a rapid commit"
	wait_for grep -q '^}' "$dir/one.leases"
	stop "$pid"
	# It has been away: is its address right here? (For ten seconds it is asked: RFC 8415, 18.2.3.)
	for tries in 1 2 3 4 5; do
		start dhclient dhclient_in one one -v -d
		wait_for says dhclient 'XMT: Confirm on'
		wait_for says dhclient 'Bound to lease|PRC: Bound'
		stop "$pid"
		! says dhclient 'RCV: Reply message on' || break
		[ "$tries" -lt 5 ] || fail "nobody says that the address is right"
	done
	wait_for received_more confirm 0
	rm "$dir/one.conf" "$dir/one.leases"
	dhclient_more=
	# Somebody has it.
	touch "$dir/taken"
	inside one ip addr flush dev vde0 scope global
	start dhclient dhclient_in one one -v -d
	wait_for received_more decline 0
	wait_for says dhclient 'XMT: Decline on'
	stop "$pid"
	rm -f "$dir/one.leases" "$dir/taken"
	# No address wanted.
	: >"$dir/reasons"
	start dhclient dhclient_in one one -v -d -S
	wait_for grep -q '^RENEW6  fc00::24 test.local' "$dir/reasons"
	wait_for received_more information-request 0
	stop "$pid"
	;;
dhcpcd)
	start dhcpcd dhcpcd_in one one 'ia_na 1' 'option dhcp6_rapid_commit'
	wait_for has_address one fc00::1
	assert_equal 0 "$(received request)" "a request after a rapid commit"
	stop "$pid"
	inside one ip addr flush dev vde0 scope global
	start dhcpcd dhcpcd_in one one 'ia_na 1'
	wait_for says dhcpcd 'CONFIRM6|REBIND6' # the latter in some versions
	wait_for has_address one fc00::1
	tell "$pid" dhcpcd ALRM
	wait_for says dhcpcd RELEASE6 # once, and the frame may be lost
	stop "$pid"
	inside one ip addr flush dev vde0 scope global
	start dhcpcd dhcpcd_in one one inform6
	wait_for received_more information-request 0
	wait_for says dhcpcd 'INFORM|REPLY6'
	stop "$pid"
	;;
dhcp6c)
	start dhcp6c dhcp6c_in one one 'send ia-na 0;' 'send rapid-commit;'
	wait_for has_address one fc00::1
	assert_equal 0 "$(received request)" "a request after a rapid commit"
	tell "$pid" dhcp6c TERM
	wait_for received_more release 0
	wait_for has_no_address one fc00::1
	start dhcp6c dhcp6c_in one one 'information-only;'
	wait_for received_more information-request 0
	wait_for grep -q 'fc00::24' "$dir/one.said"
	stop "$pid"
	;;
iothconf)
	bound_client one read addresses
	# The network is lost and back: is the address right there? (Ten seconds long it is asked for: RFC 8415, 18.2.3.
	# Where the server comes back later than that, it has to be asked again.)
	server_stop
	network_again
	serve --lease forever
	for tries in 1 2 3 4 5; do
		! within 30 received_more confirm 0 || break
		[ "$tries" -lt 5 ] || fail "nobody asks whether the address is right"
		network_again
	done
	echo >&8
	await "$bound"
	assert_equal "0 2" "$status $(grep -c '^address fc00::1' "$dir/client.log")" "after it was confirmed"
	# Somebody has it.
	inside two ip addr add fc00::1/128 dev vde0 nodad
	declined()
	{
		run "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,fqdn=one.test.local addresses
		[[ $out != *address* ]] && received_more decline 0
	}
	wait_for declined
	# A router says that there is information, and no addresses. (Before it is heard, addresses are asked for; the
	# server has none for this name.)
	start radvd "$BUILD/daemon/iothradvd/iothradvd" -s "$vnl" -F O fc00::/64/L
	wait_for says radvd 'the network is there'
	wait_for prints '^. nameserver fc00::24' -- \
		"$CLIENT" "stack=picox,vnl=$vnl" +eth,rd,dhcp6,fqdn=five.test.local addresses resolv
	;;
esac
server_stop
pass
