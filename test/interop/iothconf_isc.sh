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

client eth,dhcp,thread,fqdn=one.test.local +-dhcp addresses +eth,dhcp
wait_for says dhcpd 'DHCPRELEASE of 10\.9\.0\.77'

well_formed 'dhcp && dhcp.option.dhcp == 7'
pass
