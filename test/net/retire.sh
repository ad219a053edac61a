#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Retired addresses (ioth_ipaddr_retire) with Linux for peers: their flows go on, whatever their neighbour caches
# have forgotten, and nobody else is answered anything.
#
#     server: fd00::1, and fd00::5, which is retired      the stack under test
#        |
#     ===+=== hub ===+===========+===
#                    |           |
#              peer fd00::2   stranger fd00::3
#
# Argument: the stack.
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
stack=$1
need_userns
need_vde
need_command python3
SERVER=$BUILD/test/net/retire_server
need_program "$SERVER"
[ "$stack" != vdestack ] || unthreaded "$SERVER"
address=fd00::5

net_start hub hub
for name in peer stranger; do
	vdens_start "$name" "$vnl"
	inside "$name" ip link set lo up
done
inside peer ip addr add fd00::2/64 dev vde0 nodad
inside stranger ip addr add fd00::3/64 dev vde0 nodad
settle peer vde0
settle stranger vde0

mkfifo "$dir/server.in" "$dir/peer.in"
case $stack in
kernel) stdin=$dir/server.in start server nsenter --target "${inside_pid[peer]}" --user --net --preserve-credentials \
	env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" "$SERVER" kernel - "$address" ;;
*) stdin=$dir/server.in start server "$SERVER" "$stack" "$vnl" fd00::1 "$address" ;;
esac
wait_for says server '^ready'
mac=$(sed -n 's/^ready //p' "$dir/server.log")

tell_server() { echo "$*" >"$dir/server.in"; }
if [ "$stack" = kernel ]; then
	# It is the whole system's: it says so, and has done nothing.
	tell_server retire "$address"
	wait_for says server '^not retired: EOPNOTSUPP'
	tell_server addresses
	wait_for says server "^addresses.* $address( |\$)"
	pass
fi

stdin=$dir/peer.in start peer_client nsenter --target "${inside_pid[peer]}" --user --net --preserve-credentials \
	python3 "$SRC/test/net/retire_peer.py" "$address"
wait_for says peer_client '^connected'
echoes=0
has_echoed() { [ "$(grep -c '^echoed' "$dir/peer_client.log")" = "$echoes" ]; }
flow_goes_on()
{
	echoes=$((echoes + 1))
	echo echo >"$dir/peer.in"
	wait_for has_echoed
}
probe() { run inside "$1" timeout 300 python3 "$SRC/test/net/retire_probe.py" "$address" "$mac" fd00::1 "${@:2}"; }
meets_nothing()
{
	probe "$@"
	assert_equal 0 "$status" "the probe of $1: $out"
}

# The probe sees answers where there are some.
flow_goes_on
probe stranger
assert_equal 1 "$status" "the probe of an ordinary address: $out"
for kind in 81 88 01; do # echo reply, advertisement, unreachable
	grep -q "^answered: .\{108\}$kind" <<<"$out" || fail "the probe has no answer of type 0x$kind: $out"
done
grep -q "^answered: .\{40\}06" <<<"$out" || fail "the probe has no TCP segment: $out"

# Of the probe's own datagram nothing may be left: its flow would go on. (Its host may have refused the answer, or not:
# ICMP errors are limited.) The peer's stays.
said() { grep -cE "^$1" "$dir/server.log" || :; }
only_the_peer()
{
	[ $(($(said datagram) - $(said ended))) != 1 ] || return 0
	inside stranger python3 - "$address" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.bind(('', 40000))
		s.connect((sys.argv[1], 7000))
		s.settimeout(1)
		s.send(b'end')
		s.recv(100)
	END
	return 1
}
wait_for only_the_peer

tell_server retire "$address"
wait_for says server '^(not )?retired'
says server '^retired' || fail "it was not retired"
begun=$(said '(accepted|datagram)')
flow_goes_on
meets_nothing stranger
meets_nothing peer peer # beside its flow
flow_goes_on

# The peer forgets, and asks again; and probes what is stale, with its link-local address.
for ((i = 0; i < 3; i++)); do
	inside peer ip neigh flush dev vde0
	flow_goes_on
done
inside peer ip neigh replace "$address" lladdr "$mac" dev vde0 nud probe
flow_goes_on
is_confirmed() { inside peer ip neigh show "$address" | grep REACHABLE; }
wait_for is_confirmed
meets_nothing stranger
assert_equal "$begun" "$(said '(accepted|datagram)')" "what strangers have begun"

# Another address is as it was, and can be retired, too; one that has no flow is gone.
tell_server retire fd00::77
wait_for says server '^not retired: EADDRNOTAVAIL'
flow_goes_on

# It is added again: an ordinary one at once, flows and all; one that is there; and retired once more.
tell_server add "$address"
wait_for says server "^added $address"
probe stranger
assert_equal 1 "$status" "the probe of an address that is open again: $out"
flow_goes_on
tell_server add "$address"
wait_for says server '^not added: EEXIST'
wait_for only_the_peer
tell_server retire "$address"
is_retired_again() { [ "$(said retired)" = 2 ]; }
wait_for is_retired_again
flow_goes_on
meets_nothing stranger

# The end of the last flow.
echo close >"$dir/peer.in"
wait_for says peer_client '^closed'
meets_nothing stranger
asked=0
is_gone_for_good()
{
	asked=$((asked + 1))
	tell_server addresses
	[ "$(grep -c '^addresses' "$dir/server.log")" -ge "$asked" ] || return 1
	! tail -n 1 "$dir/server.log" | grep -E " $address( |\$)"
}
wait_for is_gone_for_good
meets_nothing peer
meets_nothing stranger
pass
