#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens --config, and iothconf in a vdens: static, and by a peer that plays server and router; what they
# say, what they write to resolv.conf, and when they end.
#
#	dhcp_peer.py (server and router) ---- hub ---- vdens --config

. "$(dirname "$0")/lib.sh"
need_userns
need_vde
need_command python3
need_program "$VDENS" "$BUILD/tools/iothconf/iothconf"
unthreaded "$VDENS"
export PATH="$BUILD/tools/iothconf:$PATH"
export LD_LIBRARY_PATH="$BUILD/lib/ioth:$BUILD/lib/iothconf:$LD_LIBRARY_PATH"

net_start hub hub
mkfifo "$dir/orders"
stdin="$dir/orders" start peer "$VDENS" "$vnl" sh -c \
	"ip link set vde0 up; exec python3 $SRC/test/net/dhcp_peer.py vde0"
exec 7>"$dir/orders"
wait_for says peer ready
order()
{
	echo "$*" >&7
	wait_for says peer "^ok $*\$"
}

# Static; the command's exit status and arguments are its own.
assert_status 7 "$VDENS" --config eth,ip=10.0.0.1/24,ip=fc00::1/64 "$vnl" sh -c \
	'ip -br addr show dev vde0; exit 7'
assert_match 'vde0.* 10\.0\.0\.1/24.*fc00::1/64' "$out" "static addresses"
assert_equal "" "$err" "nothing is said"

# A string that is wrong: the command does not run.
assert_status 1 "$VDENS" --config eth,dhpc "$vnl" echo ran
assert_equal "" "$out" "the command"
assert_match "iothconf: unknown tag 'dhpc'" "$err" "a wrong string"
# No such interface.
assert_status 1 "$VDENS" --config eth - echo ran
assert_match "no interface 'vde0'" "$err" "no interface"

# DHCP, renewed as long as the command runs, name servers in the command's resolv.conf.
order lease 2
: >"$dir/resolv"
mkfifo "$dir/go"
stdin="$dir/go" start client "$VDENS" -r "$dir/resolv" --config eth,dhcp,thread "$vnl" sh -c \
	'cat /etc/resolv.conf; ip -br addr show dev vde0; read line; ip -br addr show dev vde0; cat /etc/resolv.conf'
client=$pid
exec 8>"$dir/go"
wait_for says client '10\.9\.0\.50/24'
says client 'nameserver 10\.9\.0\.53' || fail "no name server"
order dns 10.9.0.77
wait_for grep -q 10.9.0.77 "$dir/resolv"
wait_for says peer 'REQUEST renewing'
echo >&8
await "$client"
exec 8>&-
says client 'nameserver 10\.9\.0\.77' || fail "the new name server"
assert_equal 2 "$(grep -c '10\.9\.0\.50/24' "$dir/client.log")" "the address"

# iothconf itself: in words; status 2 where a part has no answer.
order ra 1800 fd09:: 600
assert_status 0 "$VDENS" "$vnl" iothconf eth,dhcp,rd,slaac,nodad
assert_match '^vde0: a lease by DHCP$' "$out" "DHCP in words"
assert_match '^vde0: 10\.9\.0\.50$' "$out" "the address"
assert_match '^vde0: fd09::' "$out" "the address of the prefix"
# An address that is followed in the background has lifetimes in the stack, too; one that was asked for once has not.
assert_status 0 "$VDENS" --config eth,rd,slaac,thread,fqdn=one.test.local "$vnl" ip -6 addr show dev vde0
assert_match 'valid_lft 86[34][0-9]{2}sec preferred_lft 14[34][0-9]{2}sec' \
	"$(grep -A1 fd09::cc92:32a6 <<<"$out")" "lifetimes in the background"
assert_status 0 "$VDENS" --config eth,rd,slaac,fqdn=one.test.local "$vnl" ip -6 addr show dev vde0
assert_match 'valid_lft forever preferred_lft forever' "$(grep -A1 fd09::cc92:32a6 <<<"$out")" "lifetimes once"
order silent
assert_status 2 "$VDENS" "$vnl" iothconf -q -r "$dir/resolv" eth,dhcp,dns=1.2.3.4
assert_equal "" "$out" "quiet"
assert_equal "vde0: no lease by DHCP" "$err" "what has failed"
assert_equal "nameserver 1.2.3.4" "$(cat "$dir/resolv")" "the file"
pass
