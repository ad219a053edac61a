#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A picox host against the kernel in a vdens, over each kind of network: pings of both families and
# of sizes that are fragmented, UDP echo, a picox host whose network is mem:// with an uplink, and a
# network that vanishes and returns.
#
#	picox_host 10.0.0.1 fd00::1 ---- hub | switch | vde_switch | ptp ---- vdens 10.0.0.2 fd00::2

. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_command ping
: "${PICOX_HOST:=$BUILD/test/net/picox_host}"
need_program "$VDENS" "$PICOX_HOST"

cat >"$dir/client" <<'END'
set -eu
ip addr add 10.0.0.2/24 dev vde0
ip addr add fd00::2/64 dev vde0 nodad
ip link set vde0 up
# With -w, ping waits for that many answers.
for address in 10.0.0.1 fd00::1; do
	ping -c 5 -i 0.02 -w 20 $address
	ping -c 3 -i 0.02 -w 20 -s 4000 $address
	ping -c 1 -w 20 -s 20000 $address
done
for address in 10.0.0.1 fd00::1; do
	exec 3<>"/dev/udp/$address/7"
	echo hello >&3
	[ "$(timeout 20 head -c 6 <&3)" = hello ]
done
END

try()
{
	start host "$PICOX_HOST" "$1" 10.0.0.1/24 fd00::1/64
	local host=$pid
	wait_for says host ready
	run "$VDENS" "$2" bash -e "$dir/client"
	assert_equal 0 "$status" "$1"
	stop "$host"
}

for kind in hub switch ptp vde_switch; do
	have_command vde_switch || [ $kind != vde_switch ] || continue
	net_start $kind "$kind"
	try "$vnl" "$vnl"
	[ $kind = ptp ] || [ $kind = switch ] || try "mem://net/uplink=$vnl" "$vnl"
done

# The network vanishes and returns.
net_start hub flap
hub=$pid
start host "$PICOX_HOST" "$vnl" 10.0.0.1/24 fd00::1/64
host=$pid
wait_for says host ready
stop "$hub"
rm -rf "$dir/flap"
net_start hub flap
run "$VDENS" "$vnl" bash -e "$dir/client"
assert_equal 0 "$status" "a network that came back"
stop "$host"
pass
