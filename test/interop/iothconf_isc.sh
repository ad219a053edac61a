#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothconf against isc-dhcp-server and radvd. See iothconf_lib.sh.

. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothconf_lib.sh"
need_command dhcpd radvd

network
cat >"$dir/dhcpd.conf" <<END
authoritative;
ping-check false;
default-lease-time 600;
subnet 10.9.0.0 netmask 255.255.255.0 {
	range 10.9.0.50 10.9.0.90;
	option routers 10.9.0.1;
	option domain-name "four.test";
	option domain-name-servers 10.9.0.53;
}
host one {
	hardware ethernet $mac;
	fixed-address 10.9.0.77;
}
END
: >"$dir/leases"
server dhcpd "exec dhcpd -4 -f -d -cf $dir/dhcpd.conf -lf $dir/leases --no-pid vde0"
wait_for says dhcpd 'Server starting service|Sending on'
radvd_start

# Leases of the pool, renewals by unicast included: the server's own lease database says who has which.
client eth,dhcp addresses resolv
expect '^config 6$' '^address 10\.9\.0\.(5[0-9]|6[0-9]|7[0-9]|8[0-9]|90)$' '^\| search four\.test$' \
	'^\| nameserver 10\.9\.0\.53$'
client eth,dhcp,rapid,alloptions,fqdnwire,clientid=duid,fqdn=two.test.local addresses
expect '^config 6$' '^address 10\.9\.0\.'

client auto4,auto6,slaac,fqdn=one.test.local addresses resolv +-all addresses
# No DHCPv6 server: its bit stays clear, and no more.
expect '^config 22$' '^address 10\.9\.0\.77$' "^address $hash$" '^\| nameserver fd09::53$' \
	'^\| search six\.test four\.test$|^\| search four\.test six\.test$' '^config 0$'

# O without M: information alone is asked for, of dnsmasq, which has no addresses to give. (The client that waits
# for both at once begins to look for an address when no router has answered within a second.)
if have_command dnsmasq; then
	stop "$radvd"
	managed=off radvd_start
	server dnsmasq "$link_local_ready
exec dnsmasq -d -C /dev/null --port=0 --interface=vde0 --user=root --group=root --pid-file= --leasefile-ro \
	--dhcp-range=fd09::,static,64,1h --dhcp-option=option6:dns-server,[fd09::99] --log-dhcp"
	wait_for says dnsmasq 'DHCPv6, static leases only'
	client eth,rd,slaac,thread,fqdn=one.test.local addresses +dhcp6,fqdn=one.test.local resolv
	expect '^config 18$' "^address $hash$" '^config 8$' '^\| nameserver fd09::99$'
	wait_for says dnsmasq DHCPINFORMATION-REQUEST
	! says dnsmasq DHCPSOLICIT || fail "an address was asked for"
	client auto6,slaac,fqdn=one.test.local addresses resolv
	expect '^config 26$' "^address $hash$" '^\| nameserver fd09::99$'
	stop "$pid" # it has the address of the DHCPv4 server, too, and might get what is meant for that
fi

wait_for gives_back dhcpd 'DHCPRELEASE of 10\.9\.0\.77' eth,dhcp,thread,fqdn=one.test.local +-dhcp addresses +eth,dhcp

well_formed 'dhcp && dhcp.option.dhcp == 7'
pass
