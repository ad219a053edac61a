#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp4 beside another server on the same network: a client takes the offer of one, and the other one says no more.
# Arguments: where ours is (vnl), and the other one: ours, kea, dnsmasq.
#
#     one (dhclient)    home: iothnamed 192.168.1.24    other: 192.168.1.26
#          |                        |                     |
#     -----+----------- hub --------+------------+--------+---- watch
#                                                |
#                                namedhcp4: VNL mode, 192.168.1.25
. "$(dirname "$0")/../net/namedhcp4_lib.sh"
other=${2:?ours, kea or dnsmasq}
need_command dhclient

OUR=192.168.1.25
THEIR=192.168.1.26
net_start hub hub
for host in one home other; do
	host_start $host
done
inside home ip addr add 192.168.1.24/24 dev vde0
inside other ip addr add $THEIR/24 dev vde0
watch_start watch "$vnl"
named_start 'net w 0.0.0.0/0' "static A one.test.local 192.168.1.1" \
	"static TXT one.test.local $(texts 255.255.255.0 192.168.1.254)" 'auth static w .test.local'
server_start -n 192.168.1.24 --serverid $OUR
case $other in
ours)
	in_host other theirs env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" \
		"$SERVER" -v -n 192.168.1.24 -I $THEIR -i vde0
	wait_for says theirs ': serving'
	;;
kea)
	need_command kea-dhcp4
	cat >"$dir/kea.json" <<-END
		{ "Dhcp4": {
			"interfaces-config": { "interfaces": [ "vde0" ], "dhcp-socket-type": "raw" },
			"lease-database": { "type": "memfile", "persist": false },
			"loggers": [ { "name": "kea-dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ],
			"subnet4": [ { "id": 1, "subnet": "192.168.1.0/24", "interface": "vde0",
				"pools": [ { "pool": "192.168.1.100 - 192.168.1.110" } ] } ] } }
	END
	in_host other theirs env KEA_PIDFILE_DIR="$dir" KEA_LOCKFILE_DIR="$dir" KEA_LOGGER_DESTINATION=stdout \
		kea-dhcp4 -c "$dir/kea.json"
	wait_for says theirs DHCP4_STARTED
	;;
dnsmasq)
	need_command dnsmasq
	in_host other theirs dnsmasq -d -C /dev/null --port=0 --interface=vde0 --user=root --group=root --pid-file= \
		--no-ping --leasefile-ro --log-dhcp --dhcp-range=192.168.1.100,192.168.1.110,255.255.255.0,1h
	wait_for says theirs 'DHCP, IP range'
	;;
esac

# count TYPE SERVER
count()
{
	grep -c "^$1 from .* server $2 " "$dir/watch.log" || :
}
offered()
{
	[ "$(count OFFER "$1")" -gt 0 ]
}

# takes SERVER OTHER: dhclient likes the first alone; both have offered, and one has given.
takes()
{
	: >"$dir/watch.log"
	dhclient_conf one one.test.local "reject $2;"
	dhclient_start one
	wait_for said one '^BOUND '
	wait_for offered "$1"
	wait_for offered "$2"
	wait_for says watch "^REQUEST .* server $1 "
	wait_for says watch "^ACK from .* server $1 "
	! says watch "^REQUEST .* server $2 " || fail "somebody has taken the offer of $2"
	assert_equal "0 0" "$(count ACK "$2") $(count NAK "$2")" "what $2 has said about an offer of $1"
	stop "$dhclient"
	forgotten one
}

takes $OUR $THEIR
takes $THEIR $OUR
wait_for counted 'received_total{type="request"}' # the other one's
wait_for counted invalid_total
server_stop
