#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens --config, and iothconf in a vdens: static, and by a peer that plays server and router; what they
# say, what they write to resolv.conf, and when they end.
#
#	dhcp_peer.py (server and router) ---- hub ---- vdens --config

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dhcp_lib.sh"
need_program "$BUILD/tools/iothconf/iothconf"
export PATH="$BUILD/tools/iothconf:$PATH"
peer_start

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
order lease 60 1 50
: >"$dir/resolv"
for tries in 1 2 3 4 5 6; do # (the first attempt is over after some seconds)
	stdin="$dir/input" start client "$VDENS" -r "$dir/resolv" --config eth,dhcp,thread "$vnl" sh -c \
		'cat /etc/resolv.conf; ip -br addr show dev vde0; read line; ip -br addr show dev vde0; cat /etc/resolv.conf'
	client=$pid
	wait_for says client '^vde0'
	! says client '10\.9\.0\.50/24' || break
	[ "$tries" -lt 6 ] || fail "no lease"
	stop "$client"
done
exec 8>"$dir/input"
says client 'nameserver 10\.9\.0\.53' || fail "no name server"
order dns 10.9.0.77
wait_for grep -q 10.9.0.77 "$dir/resolv"
wait_for says peer 'REQUEST renewing'
step
finish
says client 'nameserver 10\.9\.0\.77' || fail "the new name server"
assert_equal 2 "$(grep -c '10\.9\.0\.50/24' "$dir/client.log")" "the address"

# iothconf itself: in words; status 2 where a part has no answer.
order ra 1800 fd09:: 600
run "$VDENS" "$vnl" iothconf eth,dhcp,rd,slaac,nodad
expect_lines '^vde0: a lease by DHCP$' '^vde0: 10\.9\.0\.50$' '^vde0: fd09::'
assert_equal 0 "$status" "status of iothconf"
# An address that is followed in the background has lifetimes in the stack, too; one that was asked for once has not.
run "$VDENS" --config eth,rd,slaac,thread,fqdn=one.test.local "$vnl" ip -6 addr show dev vde0
expect_lines fd09::cc92:32a6
assert_match 'valid_lft 86[34][0-9]{2}sec preferred_lft 14[34][0-9]{2}sec' \
	"$(grep -A1 fd09::cc92:32a6 <<<"$out")" "lifetimes in the background"
run "$VDENS" --config eth,rd,slaac,fqdn=one.test.local "$vnl" ip -6 addr show dev vde0
expect_lines fd09::cc92:32a6
assert_match 'valid_lft forever preferred_lft forever' "$(grep -A1 fd09::cc92:32a6 <<<"$out")" "lifetimes once"

# The background holds no pipe of who has called; what the stack refuses is named.
run "$VDENS" "$vnl" sh -c 'said=$(iothconf -b -w $$ eth,dhcp,thread 2>&1); echo "$said"'
expect_lines '^vde0: a lease by DHCP$' # said before the background begins
assert_status 2 "$VDENS" "$vnl" iothconf eth,gw=10.77.0.1
assert_match '^vde0: not all static items could be set: gw=10\.77\.0\.1: Network is unreachable$' "$err" "the reason"

# An interface has what the string asks for: the kernel does not follow the router, unless the link was up
# before. (The peer advertises before it answers by DHCP, so that nothing is on its way any more.)
if kernel_obeys; then
	order push
	globals=(ip -br -6 addr show dev vde0 scope global)
	run "$VDENS" --up "$vnl" sh -c "iothconf -q eth,dhcp; ${globals[*]}"
	expect_lines ' fd09::' # what the kernel does with a link that is up
	for option in --up --map-root; do
		assert_status 0 "$VDENS" "$option" --config eth,dhcp "$vnl" "${globals[@]}"
		assert_no_match ' fd09::' "$out" "an address that nobody has asked for ($option)"
	done
	assert_status 0 "$VDENS" "$vnl" sh -c "iothconf -q eth,dhcp; ${globals[*]}"
	assert_no_match ' fd09::' "$out" "an address that nobody has asked for (iothconf)"
	for stack in kernel vdestack; do
		run "$VDENS" "$vnl" "$CLIENT" "stack=$stack$([ $stack = kernel ] || echo ",vnl=$vnl")" \
			+eth,dhcp addresses +eth,rd,slaac,nodad addresses
		expect_lines '^config 6$' '^config 18$'
		assert_equal "config 6,address 10.9.0.50,config 18,address 10.9.0.50,address fd09" \
			"$(paste -sd, <<<"$out" | sed 's/::.*//')" "no more than asked for, $stack"
	done
	# -eth gives it back to the kernel.
	assert_status 0 "$VDENS" "$vnl" sh -c \
		"'$CLIENT' native +eth,ip=10.0.0.1/24 +-eth; cat /proc/sys/net/ipv6/conf/vde0/accept_ra"
	assert_equal "config 3,config 0,1" "$(paste -sd, <<<"$out")" "what the kernel may do after -eth"
else
	echo "SKIP: the kernel's own routers: /proc/sys is read-only"
fi

order silent
assert_status 2 "$VDENS" "$vnl" iothconf -q -r "$dir/resolv" eth,dhcp,dns=1.2.3.4
assert_equal "" "$out" "quiet"
assert_equal "vde0: no lease by DHCP" "$err" "what has failed"
assert_equal "nameserver 1.2.3.4" "$(cat "$dir/resolv")" "the file"
pass
