#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothconf and its enemies, and its own promises: each defect of the ecosystem's client that was found by
# reading it, seen from outside. (What can be seen in an engine alone is in test/unit/iothconf.)
#
#	dhcp_peer.py (server and router) ---- hub ---- iothconf_client on STACK

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dhcp_lib.sh"
stack=${1:-picox}
peer_start

# Unknown tags, and values: nothing is done, and the words say why.
client +eth,dhpc link +dns +-dns +mac=1:2 +ip=300.1.1.1 +vnl=x +stack=x +iface=nix,eth +ifindex=99,eth
assert_match "^config -1 EINVAL: unknown tag 'dhpc'; there are .* dhcp .*debug" "$out" "an unknown tag"
assert_equal 7 "$(grep -c '^config -1 EINVAL' <<<"$out")" "strings refused: $out"
assert_equal 2 "$(grep -c '^config -1 ENODEV' <<<"$out")" "interfaces refused: $out"
run "$CLIENT" "stack=$stack,vnl=$vnl,iface=nix,eth"
assert_match '^newstackc ENODEV: .*nix' "$out" "ioth_newstackc without the interface"
run "$CLIENT" "stack=nix,vnl=$vnl,eth"
assert_match '^newstackc ENOENT: .' "$out" "ioth_newstackc without the stack"

# Nothing on stdout but what the program says, with domains too; a removal is a change; static items.
client +eth,ip=10.0.0.1/24,gw=10.0.0.254,dns=1.1.1.1,domain=a.b,domain=c resolv resolv \
	+-domain=a.b resolv +-static resolv addresses +-dns=1.1.1.1
assert_equal "config 3
| search a.b c
| nameserver 1.1.1.1
unchanged
config 1
| search c
| nameserver 1.1.1.1
config 0
config 0; -dns=1.1.1.1: this is not a static item here" "$out" "static items"

# Advertisements that are none, while a good one is known: options of length 0 (once an endless loop) and
# beyond the packet, code 1, and so on. Then router lifetime 0 takes the default route away.
order ra 1800 fd09:: 600
begin 18 +eth,rd,slaac,nodad,thread,debug addresses resolv read +debug news +debug delete
wait_for says client '^address fd09::'
head=86000000400007080000000000000000
for bad in "${head}0300000000000000" "${head}0304" 8601000040000708 "${head}0301000000000000ff" 8600 86 \
	"${head}1f00000000000000" "${head}19ff000000000000"; do
	order raw6 "$bad"
done
step
wait_for says client 'config 0'
says client 'route ::/0 via fe80' || fail "no default route"
order ra 0 fd09:: 0
finish
awk '/^vde0/ { n++ } { print n ": " $0 }' "$dir/client.log" >"$dir/dumps"
assert_no_match '^3: .*route ::/0 via' "$(cat "$dir/dumps")" "a router with lifetime 0"
assert_no_match '^3: .*dns' "$(cat "$dir/dumps")" "a name server with lifetime 0"
assert_match '^3: .*address fd09::' "$(cat "$dir/dumps")" "an address stays"

# Somebody has the address already: by DHCP it is declined, made of the name it is not used, and of opaque
# ones there is another.
order own 10.9.0.50
gives "config 2" "an address that somebody has" +eth,dhcp,probe addresses
if ! within 5 says peer '^DECLINE'; then # nobody had time to offer it
	gives "config 2" "an address that somebody has" +eth,dhcp,probe addresses
fi
wait_for says peer '^DECLINE'
if [ "$stack" = picox ] || kernel_obeys; then # or else Linux makes an address of its own, which is claimed, too
	order ra 1800 fd09:: 600
	first='contend 1' gives 'config 18' "the address of the name, which somebody has" \
		+eth,rd,slaac,fqdn=one.test.local addresses
	# Two are claimed, the third one is taken. (Where a claim comes too late, one that was claimed is.)
	for tries in 1 2 3 4 5; do
		claims=$(grep -c '^claims fd09::' "$dir/peer.log")
		order contend 2
		client +eth,rd,slaac=opaque,secret=x addresses
		sed -n 's/^claims /address /p' "$dir/peer.log" | tail -n +$((claims + 1)) >"$dir/claimed"
		if [[ $out == "config 18"* && $(wc -l <"$dir/claimed") = 2 ]] && ! grep -qFxf "$dir/claimed" <<<"$out"; then
			break
		fi
		[ "$tries" -lt 5 ] || fail "another opaque address: $out; claimed: $(cat "$dir/claimed")"
	done
	assert_equal 1 "$(grep -c '^address fd09::' <<<"$out")" "another opaque address"
	order contend 0
	opaque=$out
	stable() # two runs have the same address, and no address
	{
		client +eth,rd,slaac=opaque,secret=x,mac=02:00:00:00:00:01,nodad addresses +-rd addresses
		again=$out
		client +eth,rd,slaac=opaque,secret=x,mac=02:00:00:00:00:01,nodad addresses +-rd addresses
		[[ $again == "config 18"* && $out == "config 18"* ]]
	}
	wait_for stable
	assert_equal "$again" "$out" "a stable address"
	[ "$again" != "$opaque" ] || fail "the same address for another MAC address"
else
	echo "SKIP: addresses that somebody has: /proc/sys is read-only"
fi

# A router that says only later that there is information but no addresses (O without M): the search for an
# address, which has begun, becomes a question for information.
order ra 0 fd09:: 0
# (`begin` would wait for its end.)
start client "$CLIENT" "stack=$stack,vnl=$vnl" +eth,rd,dhcp6,nodad
client=$pid
wait_for says peer '^dhcp6 1$'
order ra 1800 fd09:: 600 64
wait_for says peer '^dhcp6 11$'
await "$client"
assert_equal 0 "$status" "the client's end"
order ra 0 fd09:: 0

# Two interfaces, each with data of its own.
net_start hub other
run "$CLIENT" "stack=$stack,vnl=vde://$dir/hub,vnl=$vnl" +eth,dhcp,dns=9.9.9.9 \
	+iface=vde1,eth,ip=10.1.1.1/24,dns=9.9.9.9 resolv +-static resolv +iface=vde1,debug
assert_equal "config 7
config 3
| nameserver 9.9.9.9
| nameserver 10.9.0.53
config 0
| nameserver 10.9.0.53
config 0" "$out" "two interfaces"
assert_match 'static dns 9.9.9.9' "$err" "the data of vde1"

# Nobody is there: the bits stay clear, and it ends.
vnl=vde://$dir/other
client +eth,dhcp
assert_equal "config 2" "$out" "DHCP without a server"
pass
