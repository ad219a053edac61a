#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens on vxvde://, the network without a switch: multicast, here on the loopback interface of a
# private network namespace, where the two vdens are two hosts of a LAN.
. "$(dirname "$0")/lib.sh"

in_private_net "$@"
need_vde
need_command ping
need_program "$VDENS"

for vnl in vxvde:// vxvde://234.0.0.1; do
	start one "$VDENS" "$vnl" sh -ec '
		ip addr add 10.0.0.50/24 dev vde0; ip addr add fc00::1:50/64 dev vde0 nodad
		ip link set vde0 up; echo up; exec sleep 1000'
	one=$pid
	wait_for says one up
	assert_status 0 "$VDENS" "$vnl" sh -ec '
		ip addr add 10.0.0.1/24 dev vde0; ip addr add fc00::1:1/64 dev vde0 nodad
		ip link set vde0 up; ping -c 1 -W 20 10.0.0.50; ping -c 1 -W 20 fc00::1:50
		ping -c 1 -W 20 -s 9000 10.0.0.50'
	assert_equal 3 "$(grep -c '1 received, 0% packet loss' <<<"$out")" "$vnl: answered: $out"
	stop "$one"
done
