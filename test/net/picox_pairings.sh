#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# UDP (examples/iothtest_udp) and ping (examples/ioth_ping) between the stacks, in every pairing, over
# one kind of network, the argument: hub, switch, vde_switch, ptp or vxvde. Both families; the kernel's
# stack is that of a vdens.
#
#	A: 10.0.0.1, fd00::1 ---- network ---- B: 10.0.0.2, fd00::2

. "$(dirname "$0")/lib.sh"

kind=$1
# vxvde:// is multicast of the host; and nothing else may be seen by others either.
in_private_net "$@"
need_vde
need_program "$VDENS" "$EXAMPLES/iothtest_udp" "$EXAMPLES/ioth_ping"
[ "$kind" != vde_switch ] || need_command vde_switch

# on STACK PROGRAM CONFIG [ARG...]: the command, into the array $command.
on()
{
	local stack=$1 program=$2
	shift 2
	if [ "$stack" = kernel ]; then
		command=("$VDENS" "$vnl" "$EXAMPLES/$program" kernel - "$@")
	else
		command=("$EXAMPLES/$program" "$stack" "$vnl" "$@")
	fi
}

# pair SERVER CLIENT
pair()
{
	local server peer
	on "$1" iothtest_udp ip=10.0.0.1/24,ip=fd00::1/64
	start server "${command[@]}"
	server=$pid
	wait_for says server listening
	for peer in 10.0.0.1 fd00::1; do
		on "$2" iothtest_udp ip=10.0.0.2/24,ip=fd00::2/64 $peer
		"${command[@]}" <"$dir/lines" >"$dir/echoes" || fail "$1 echoes at $peer to $2"
		cmp "$dir/lines" "$dir/echoes"
		on "$2" ioth_ping ip=10.0.0.2/24,ip=fd00::2/64 $peer 0 56 1452-1492 9000
		assert_status 0 "${command[@]}"
		assert_match ' 44 answered' "$out" "$2 pings $peer of $1"
	done
	stop "$server"
}

printf 'one line\n%04000d\n' 7 >"$dir/lines" # the second one is cut into fragments
if [ "$kind" = vxvde ]; then
	vnl=vxvde://234.0.0.1
else
	net_start "$kind" network
fi
pair picox picox
pair picox vdestack
pair picox kernel
pair vdestack picox
pair kernel picox
pair vdestack kernel
