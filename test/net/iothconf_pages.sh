#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The strings of the documentation, word for word: those of ioth_config on a stack that is there, those of
# ioth_newstackc with the networks they name, on vdestack and picox.
#
#	vdens: dnsmasq 10.0.0.254 ---- vxvde://234.0.0.1 (lo of a private namespace) ---- iothconf_client
#
# vxvde is multicast: the two ends are two hosts of a LAN.

. "$(dirname "$0")/lib.sh"

in_private_net "$@"
: "${CLIENT:=$BUILD/test/net/iothconf_client}"
need_vde
need_command dnsmasq
need_program "$VDENS" "$CLIENT"
unthreaded "$VDENS"

vnl=vxvde://234.0.0.1
fqdn=host.v2.cs.unibo.it
link=52:6f:03:54:fb:d3 # iothaddr_hashmac of the name
start server "$VDENS" "$vnl" sh -ec '
	ip link set lo up; ip link set vde0 up
	ip addr add 10.0.0.254/24 dev vde0; ip addr add fd00::1/64 dev vde0 nodad
	while ! ip -6 addr show dev vde0 scope link -tentative | grep -q fe80; do sleep 0.05; done
	exec dnsmasq -d -C /dev/null --port=0 --interface=vde0 --user=root --group=root --pid-file= --no-ping \
		--leasefile-ro --dhcp-authoritative --enable-ra --dhcp-range=10.0.0.50,10.0.0.90,1h \
		--dhcp-range=fd00::100,fd00::1ff,64,1h --dhcp-option=option6:dns-server,[fd00::53]'
wait_for says server 'router advertisement on'

# expect BITS PATTERN...: the last output has the bits that ioth_config returned (none: "-"), and the lines.
expect()
{
	local bits="^config $1\$"
	[ "$1" != - ] || bits=
	shift
	expect_lines "$bits" "$@"
	[ "$status" = 0 ] || fail "status $status: $out $err"
}

for stack in vdestack picox; do
	new() { run "$CLIENT" "stack=$stack,vnl=$vnl" "$@"; }
	new +eth,ip=10.0.0.1/24,gw=10.0.0.254 addresses
	expect 3 '^address 10\.0\.0\.1$'
	new +eth,dhcp addresses
	expect 6 '^address 10\.0\.0\.[5-9][0-9]$'
	new "+eth,dhcp,dhcp6,rd,fqdn=$fqdn" addresses link
	expect 30 '^address 10\.0\.0\.[5-9][0-9]$' '^address fd00::1[0-9a-f][0-9a-f]$' "^link $link$"
	new "+auto,fqdn=$fqdn" addresses link
	expect 30 '^address 10\.0\.0\.[5-9][0-9]$' '^address fd00::1[0-9a-f][0-9a-f]$' "^link $link$"
	new +eth +ip=10.0.0.100/24 +ip=2001:760:1:2::100/64 addresses
	expect 1 '^address 10\.0\.0\.100$' '^address 2001:760:1:2::100$'

	# What the stack refuses is told, and tried again when it is said again.
	new +gw=10.0.0.254,domain=a.b,-ip=10.0.0.9 +eth,gw=10.0.0.254,ip=10.0.0.1/24 +-gw=10.0.0.254
	assert_match '^config 0; -ip=10\.0\.0\.9/24: ' "$out" "$stack"
	assert_match '^config 3$' "$out" "$stack"
	new +eth,gw=10.0.0.254
	assert_match '^config 2; gw=10\.0\.0\.254: Network is unreachable$' "$out" "$stack"

	run "$CLIENT" "stack=$stack,vnl=vxvde://234.0.0.1,eth,ip=10.0.0.1/24,gw=10.0.0.254" addresses
	expect - '^address 10\.0\.0\.1$'
	run "$CLIENT" "stack=$stack,vnl=vxvde://234.0.0.1,eth,dhcp" addresses
	expect - '^address 10\.0\.0\.[5-9][0-9]$'
	run "$CLIENT" "stack=$stack,vnl=vxvde://234.0.0.1,auto,fqdn=host.v2.cs.unibo.it" addresses link resolv
	expect - '^address 10\.0\.0\.[5-9][0-9]$' '^address fd00::1[0-9a-f][0-9a-f]$' "^link $link$" \
		'^\| nameserver fd00::53$'
done
pass
