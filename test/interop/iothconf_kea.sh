#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothconf against kea (DHCPv4, DHCPv6) and radvd. See iothconf_lib.sh.

. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothconf_lib.sh"
need_command kea-dhcp4 kea-dhcp6 radvd

network
cat >"$dir/kea4.json" <<END
{ "Dhcp4": {
	"interfaces-config": { "interfaces": [ "vde0" ], "dhcp-socket-type": "raw" },
	"lease-database": { "type": "memfile", "persist": false },
	"valid-lifetime": 600,
	"loggers": [ { "name": "kea-dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ],
	"subnet4": [ { "id": 1, "subnet": "10.9.0.0/24", "interface": "vde0",
		"pools": [ { "pool": "10.9.0.50 - 10.9.0.90" } ],
		"option-data": [
			{ "name": "routers", "data": "10.9.0.1" },
			{ "name": "domain-name-servers", "data": "10.9.0.53" },
			{ "name": "domain-search", "data": "search.test,other.search.test" },
			{ "name": "domain-name", "data": "four.test" },
			{ "code": 121, "space": "dhcp4", "csv-format": false, "data": "000A090001100A0A0A090002" } ],
		"reservations": [ { "hw-address": "$mac", "ip-address": "10.9.0.77" } ] } ]
} }
END
cat >"$dir/kea6.json" <<END
{ "Dhcp6": {
	"interfaces-config": { "interfaces": [ "vde0" ] },
	"lease-database": { "type": "memfile", "persist": false },
	"server-id": { "type": "EN", "enterprise-id": 2495, "identifier": "0123456789", "persist": false },
	"preferred-lifetime": 300, "valid-lifetime": 600,
	"loggers": [ { "name": "kea-dhcp6", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ],
	"subnet6": [ { "id": 1, "subnet": "fd09::/64", "interface": "vde0", "rapid-commit": true,
		"pools": [ { "pool": "fd09::100-fd09::1ff" } ],
		"option-data": [
			{ "name": "dns-servers", "data": "fd09::54" },
			{ "name": "domain-search", "data": "kea.test" } ] } ]
} }
END
kea="export KEA_PIDFILE_DIR=$dir KEA_LOCKFILE_DIR=$dir KEA_LOGGER_DESTINATION=stdout"
server kea4 "$link_local_ready
$kea
kea-dhcp6 -c $dir/kea6.json &
exec kea-dhcp4 -c $dir/kea4.json"
wait_for says kea4 DHCP4_STARTED
wait_for says kea4 DHCP6_STARTED
radvd_start

client eth,dhcp,fqdn=one.test.local addresses resolv
expect '^config 6$' '^address 10\.9\.0\.77$' '^\| search four\.test$' '^\| nameserver 10\.9\.0\.53$'
client eth,dhcp,alloptions,fqdnwire,clientid=duid,fqdn=two.test.local,debug addresses resolv
expect '^config 6$' '^\| search search\.test other\.search\.test$'
assert_match 'route 10\.10\.0\.0/16 via 10\.9\.0\.2 applied' "$err" "a classless route" # of the run that was expected

client eth,dhcp6 addresses resolv
expect '^config 10$' '^address fd09::1[0-9a-f][0-9a-f]$' '^\| nameserver fd09::54$' '^\| search kea\.test$'
client eth,dhcp6,rapid,rfcdelay addresses
expect '^config 10$' '^address fd09::1[0-9a-f][0-9a-f]$'
client auto,slaac,fqdn=one.test.local addresses resolv
expect '^config 30$' '^address 10\.9\.0\.77$' "^address $hash$" '^address fd09::1[0-9a-f][0-9a-f]$' \
	'^\| nameserver fd09::53$' '^\| nameserver fd09::54$'

# Given back at the end.
wait_for gives_back kea4 'DHCP6_RELEASE_NA |released address' \
	eth,dhcp,dhcp6,thread,nodad addresses +-dhcp,-dhcp6 addresses +eth,dhcp
expect '^config 14$'
wait_for gives_back kea4 'DHCP4_RELEASE |address 10.*was released' \
	eth,dhcp,dhcp6,thread,nodad addresses +-dhcp,-dhcp6 addresses +eth,dhcp

well_formed 'dhcpv6.msgtype == 8'
pass
