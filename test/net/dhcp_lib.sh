# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables of lib.sh, and for those who source this
# What the tests with dhcp_peer.py share; sourced after lib.sh.
#
#	dhcp_peer.py: server and router, as `order` tells it ---- hub ---- iothconf_client on $stack

: "${CLIENT:=$BUILD/test/net/iothconf_client}"
export LD_LIBRARY_PATH="$BUILD/lib/ioth:$BUILD/lib/iothconf:$LD_LIBRARY_PATH"
need_userns
need_vde
need_command python3
need_program "$CLIENT" "$VDENS"
unthreaded "$VDENS"

# peer_start: the hub ($vnl; $hub is its process) and the peer on it.
peer_start()
{
	net_start hub hub
	hub=$pid
	mkfifo "$dir/orders" "$dir/input"
	stdin="$dir/orders" start peer "$VDENS" "$vnl" sh -c \
		"ip link set vde0 up; exec python3 $SRC/test/net/dhcp_peer.py vde0"
	exec 7>"$dir/orders"
	wait_for says peer ready
}

# order WORD...: tells the peer; it has done so when the call returns. (Counted, since the same words may
# have been an order before.)
orders=0
obeyed()
{
	[ "$(grep -c '^ok ' "$dir/peer.log")" -ge "$orders" ]
}
order()
{
	orders=$((orders + 1))
	echo "$*" >&7
	wait_for obeyed
}

# begin WORD...: starts the client in the background, with `read` for the words that wait for `step`.
begin()
{
	stdin="$dir/input" start client "$CLIENT" "stack=$stack,vnl=$vnl" "$@"
	client=$pid
	exec 8>"$dir/input"
}

step()
{
	echo >&8
}

# finish: the client has come to its end, a good one.
finish()
{
	await "$client"
	exec 8>&-
	[ "$status" = 0 ] || fail "the client ended with $status"
}

# client WORD...: runs it to its end. $out, $err.
client()
{
	run "$CLIENT" "stack=$stack,vnl=$vnl" "$@"
	[ "$status" = 0 ] || fail "client $*: status $status: $out $err"
}
