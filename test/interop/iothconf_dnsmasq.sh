#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothconf against dnsmasq: DHCPv4, DHCPv6 and router advertisements, each alone and all at once; what
# was learnt, what is undone, and how long it takes. See iothconf_lib.sh.

. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothconf_lib.sh"
need_command dnsmasq

network
server dnsmasq "$link_local_ready
exec dnsmasq -d -C /dev/null --port=0 --interface=vde0 --user=root --group=root --pid-file= --no-ping \
	--leasefile-ro --dhcp-authoritative --enable-ra --log-dhcp \
	--dhcp-range=10.9.0.50,10.9.0.250,255.255.255.0,1h \
	--dhcp-host=$mac,10.9.0.77 \
	--dhcp-option=option:dns-server,10.9.0.53,10.9.0.54 --dhcp-option=option:domain-name,four.test \
	--dhcp-range=fd09::100,fd09::ffff,slaac,64,1h \
	--dhcp-option=option6:dns-server,[fd09::53] --dhcp-option=option6:domain-search,six.test"
wait_for says dnsmasq 'router advertisement on'

# DHCPv4 alone: the documented string; a second without conflict probing is ten times what it takes.
client eth,dhcp,fqdn=one.test.local addresses link resolv resolv +-dhcp addresses resolv +-eth delete
expect '^config 6$' '^address 10\.9\.0\.77$' "^link $mac$" '^\| search four\.test$' \
	'^\| nameserver 10\.9\.0\.53$' '^\| nameserver 10\.9\.0\.54$' '^unchanged$' '^config 0$'
if [ "$stack" = picox ] || kernel_obeys; then
	[ "$(grep -c address <<<"$out")" = 1 ] || fail "-dhcp left an address: $out"
else
	echo "SKIP: addresses after -dhcp: /proc/sys is read-only, and the kernel may have added one by itself"
fi
says dnsmasq 'client provides name: one\.test\.local|client provides name: one' ||
	fail "dnsmasq has not seen the name"

# The three sources, and nothing more than a moment without detection of duplicates.
client eth,rd,slaac,fqdn=one.test.local addresses resolv
expect '^config 18$' "^address $hash$" '^\| nameserver fd09::53$' '^\| search six\.test$'
client eth,dhcp6,fqdn=one.test.local addresses resolv
expect '^config 10$' '^address fd09::[0-9a-f]+$' '^\| nameserver fd09::53$' '^\| search six\.test$'
client auto,slaac,nodad,fqdn=one.test.local addresses resolv +-rd,-dhcp6 addresses resolv
expect '^config 30$' '^address 10\.9\.0\.77$' "^address $hash$" '^\| search .*four\.test' \
	'^\| search four\.test$'
assert_equal "search six.test four.test,nameserver fd09::53,nameserver 10.9.0.53,nameserver 10.9.0.54" \
	"$(sed -n 's/^| //p' <<<"$out" | head -4 | paste -sd,)" "the first resolv.conf"

# EUI-64 of a MAC address that is given; static items beside it stay.
client 'eth,mac=80:01:01:01:01:01,rd,slaac,nodad,ip=10.0.0.100/24,ip=2001:760:1:2::100/64,dns=1.2.3.4' \
	addresses resolv +-rd addresses
expect '^config 19$' '^address fd09::8201:1ff:fe01:101$' '^address 10\.0\.0\.100$' \
	'^address 2001:760:1:2::100$' '^\| nameserver 1\.2\.3\.4$'
[ "$(grep -c 'address 10.0.0.100' <<<"$out")" = 2 ] || fail "-rd took a static address: $out"

# In the background: a lease is given back by -dhcp.
wait_for gives_back dnsmasq 'DHCPRELEASE\(vde0\) 10\.9\.0\.77' \
	eth,dhcp,thread,fqdn=one.test.local addresses +-dhcp addresses +eth,dhcp delete
expect '^config 6$' '^deleted$'

# A stack has one identifier, whatever becomes of the MAC address: DUID-LL of the first.
both_bound()
{
	client eth,dhcp6,nodad,mac=02:00:00:00:00:01 +eth,dhcp6,nodad,mac=02:00:00:00:00:02
	[ "$out" = $'config 10\nconfig 10' ]
}
wait_for both_bound
if have_command tshark; then
	wait_for captured 'dhcpv6.msgtype == 1 && eth.src == 02:00:00:00:00:02' -T fields -e dhcpv6.duid.bytes
	assert_match '^00030001020000000001' "$(tr -d ': ' <<<"$out")" "one identifier"
fi

well_formed 'dhcp || dhcpv6 || icmpv6.type == 133'
pass
