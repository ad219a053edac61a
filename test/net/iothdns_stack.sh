#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The order of RFC 6724, AI_ADDRCONFIG and fork(2), each as a stack has it: iothdns_stack.c.  Argument: the
# stack (kernel, vdestack, picox).  Nobody else is on the network: connect(2) of a datagram socket asks the
# routes alone.
. "$(dirname "$0")/lib.sh"
in_private_net "$@"
stack=$1
program=$BUILD/test/net/iothdns_stack
need_program "$program"
case $stack in
kernel)
	ip link add dns0 type veth peer name dns1
	# No addresses of their own, which would come when they like.
	ip link set dns0 addrgenmode none
	ip link set dns1 addrgenmode none up
	interface=dns0
	vnl=
	;;
*)
	unthreaded "$program"
	net_start hub hub
	interface=vde0
	;;
esac
run "$program" "$stack" "$vnl" "$interface"
[ "$status" = 0 ] || fail "$out $err"
pass
