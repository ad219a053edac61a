#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two vdens on one network of each kind:
#
#	vdens 10.7.0.1, fc00::7:1  ---[hub | switch | vde_switch | ptp]---  vdens 10.7.0.2, fc00::7:2
#
# with the usual port of the interface and with the fallback (veth, AF_PACKET).
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_command ping
need_program "$VDENS"

# What a node does first; $0 is its number.
configure='ip addr add 10.7.0.$0/24 dev vde0; ip addr add fc00::7:$0/64 dev vde0 nodad
	ip link set vde0 up; ip link set lo up'

for port in "" veth; do
	export IOTH_NETNS_PORT=$port
	for kind in hub switch vde_switch ptp; do
		[ $kind != vde_switch ] || have_command vde_switch || continue
		net_start $kind "net_$kind$port"
		network=$pid
		start "one_$kind$port" "$VDENS" "$vnl" sh -ec "$configure; echo up; exec sleep 1000" 1
		one=$pid
		wait_for says "one_$kind$port" up
		# Small, full-sized, and large datagrams (fragments, both ways). With -w, ping waits for that many
		# answers; with -W it would not wait longer than twice the time of the last one.
		assert_status 0 "$VDENS" "$vnl" sh -ec "$configure
			for address in 10.7.0.1 fc00::7:1; do
				ping -c 3 -i 0.01 -w 20 \$address
				ping -c 3 -i 0.01 -w 20 -s 1400 \$address
				ping -c 1 -w 20 -s 20000 \$address
			done" 2
		assert_equal 6 "$(grep -c ' [1-9][0-9]* received,' <<<"$out")" "answered: $out"
		stop "$one"
		[ -z "$network" ] || stop "$network"
		[ $kind != ptp ] || [ ! -e "$dir/net_ptp$port" ] ||
			fail "ptp: the socket $dir/net_ptp$port was left behind"
	done
done
