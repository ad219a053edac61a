#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Inside a bare vdens, vde_plug makes an interface by itself: vde_plug -d vde:///tmp/sw tap://vde0
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_command ping
need_program "$VDENS"
have_tun || skip "/dev/net/tun is not usable by this user"
net_start switch sw
start peer "$VDENS" --up "$vnl" sh -ec 'ip addr add 10.3.0.1/24 dev vde0; echo up; exec sleep 1000'
wait_for says peer up

# --pid ends the daemon with the command.
assert_status 0 "$VDENS" --pid - sh -ec '
	vde_plug -d "$0" tap://vde0
	until ip link show vde0 >/dev/null 2>&1; do sleep 0.02; done
	ip addr add 10.3.0.2/24 dev vde0
	ip link set vde0 up
	exec ping -c 1 -w 20 10.3.0.1' "$vnl"
assert_match ' 1 received, ' "$out" "ping through vde_plug"
