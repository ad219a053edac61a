#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The end of a configuration: a lease that is given back by the last call before the stack is deleted gets to
# the server. (The word is in the interface's queue then, and must not go away with the interface.)
#
#	dhcp_peer.py ---- hub ---- iothconf_client on STACK, one after the other

. "$(dirname "$0")/lib.sh"
: "${CLIENT:=$BUILD/test/net/iothconf_client}"
need_userns
need_vde
need_command python3
need_program "$CLIENT" "$VDENS"
unthreaded "$VDENS"
stack=${1:-picox}
rounds=10

net_start hub hub
mkfifo "$dir/orders"
stdin="$dir/orders" start peer "$VDENS" "$vnl" sh -c \
	"ip link set vde0 up; exec python3 $SRC/test/net/dhcp_peer.py vde0"
wait_for says peer ready
for ((i = 0; i < rounds; i++)); do
	run "$CLIENT" "stack=$stack,vnl=$vnl" +eth,dhcp,nodad,thread +-dhcp delete
	assert_equal "config 6,config 0,deleted" "$(paste -sd, <<<"$out")" "a lease that is given back"
done
released()
{
	[ "$(grep -c '^RELEASE 10\.9\.0\.50$' "$dir/peer.log")" = $rounds ]
}
wait_for released
pass
