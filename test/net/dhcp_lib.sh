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

# begin BITS WORD...: starts the client in the background, with `read` for the words that wait for `step`; its first
# configuration gives these bits. (It waits some seconds only for a peer that may have no time: then it is started again.)
begin()
{
	local bits=$1 tries
	shift
	for tries in 1 2 3 4 5 6; do
		stdin="$dir/input" start client "$CLIENT" "stack=$stack,vnl=$vnl" "$@"
		client=$pid
		exec 8>"$dir/input"
		wait_for says client '^config'
		! says client "^config $bits\$" || return 0
		stop "$client"
	done
	fail "the client's configuration is not $bits"
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

# gives EXPECTED WHAT WORD...: the client, with these words, says that: lines with commas between them. It is run again where
# the peer had no time to answer, or to claim an address within the second in which that is asked for; $first is an
# order that the peer gets each time.
first=
gives()
{
	local expected=$1 what=$2 tries
	shift 2
	for tries in 1 2 3 4 5 6; do
		# shellcheck disable=SC2086 # several words
		[ -z "$first" ] || order $first
		client "$@"
		[ "$(paste -sd, <<<"$out")" != "$expected" ] || return 0
		echo "try $tries: $what: $(paste -sd, <<<"$out")"
	done
	fail "$what: expected '$expected'"
}
