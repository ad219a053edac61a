#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp4 for a network beyond a relay: an address by giaddr, option 82 back as the last one, a renewal and a RELEASE
# by unicast through the router. Arguments: where the server is (vnl, picox, vdestack, kernel), and the relay: dhcrelay,
# which adds option 82, or dnsmasq.
#
#     far (clients) ---- hub far ---- relay, router ---- hub ----+---- home: iothnamed 192.168.1.24
#                          |      192.168.2.1  192.168.1.30      +---- watch
#                      watch_far                                 +---- namedhcp4, 192.168.1.25
. "$(dirname "$0")/namedhcp4_lib.sh"
relay=${2:?dhcrelay or dnsmasq}
need_command "$relay"

FAR=192.168.2.7
ID=192.168.1.25
GIADDR=192.168.2.1
address=$ID/24,gw=192.168.1.30

net_start hub far
far=$vnl
net_start hub hub
near=$vnl
vdens_start relay "$near" "$far"
inside relay sh -ec "
	ip link set lo up
	ip addr add 192.168.1.30/24 dev vde0
	ip addr add $GIADDR/24 dev vde1
	echo 1 >/proc/sys/net/ipv4/ip_forward" || skip "no forwarding in a namespace here"
vnl=$far host_start far
vnl=$near host_start home
inside home ip addr add 192.168.1.24/24 dev vde0
if [ "$mode" = kernel ]; then
	inside home ip addr add $ID/24 dev vde0
	inside home ip route add default via 192.168.1.30
fi
watch_start watch "$near"
watch_start watch_far "$far"
named_start 'net w 0.0.0.0/0' "static A far.test.local $FAR" \
	"static TXT far.test.local $(texts 255.255.255.0 $GIADDR)" 'auth static w .test.local'
server_start -n 192.168.1.24 -I $ID --lease 16 --authoritative
# The kernel has two addresses there: a relay may send to the other one.
to=$ID
[ "$mode" != kernel ] || to=192.168.1.24
case $relay in
dhcrelay)
	in_host relay relayd dhcrelay -4 -d -a --no-pid -i vde0 -i vde1 $to
	wait_for says relayd 'Sending on'
	last=82
	;;
dnsmasq)
	in_host relay relayd dnsmasq -d -C /dev/null --port=0 --user=root --group=root --pid-file= --log-dhcp \
		--dhcp-relay=$GIADDR,$to
	wait_for says relayd 'DHCP relay'
	last=3
	;;
esac

# An address, and what the server said to the relay.
bound()
{
	wait_for has_address far $FAR
	wait_for says watch "^OFFER from $ID to $GIADDR client 0.0.0.0 your $FAR relay $GIADDR server $ID .*,$last\$"
	wait_for says watch "^ACK from $ID to $GIADDR client 0.0.0.0 your $FAR relay $GIADDR server $ID .*,$last\$"
}

if have_command dhclient; then
	dhclient_conf far far.test.local
	dhclient_start far
	bound
	wait_for grep -q '^}' "$dir/far.leases"
	# T1: by the router, and back by it.
	wait_for said far "^RENEW $FAR"
	wait_for says watch "^REQUEST from $FAR to $ID client $FAR "
	wait_for says watch_far "^ACK from $ID to $FAR client $FAR your $FAR relay 0.0.0.0 "
	dhclient_release far
	stop "$dhclient"
	wait_for says watch "^RELEASE from $FAR to $ID client $FAR "
	wait_for counted 'received_total{type="release"}'
	forgotten far
fi

if have_udhcpc; then
	udhcpc_start far far.test.local
	bound
	before=$(grep -c "^ACK from $ID to $FAR client" "$dir/watch_far.log" || :)
	again()
	{
		[ "$(grep -c "^ACK from $ID to $FAR client" "$dir/watch_far.log")" -gt "$before" ]
	}
	wait_for said far "^bound $FAR"
	kill -USR1 "$udhcpc"
	wait_for again
	wait_for said far "^renew $FAR"
	stop "$udhcpc"
	forgotten far
fi

# Refused by the relay: an address that is not the name's. And ours, from beyond it.
ours_gives_back far.test.local "$far" $FAR
wait_for says watch "^RELEASE from $FAR to $ID client $FAR .* options 53,61,54\$"
stop "$ours"
refused()
{
	dhclient_conf far far.test.local
	cat >"$dir/far.leases" <<-END
		lease {
		  interface "vde0";
		  fixed-address 192.168.2.99;
		  option subnet-mask 255.255.255.0;
		  option dhcp-server-identifier $ID;
		  renew never;
		  rebind never;
		  expire never;
		}
	END
	dhclient_start far
	wait_for has_address far $FAR
	stop "$dhclient"
	within 10 says watch "^NAK from $ID to $GIADDR .* relay $GIADDR server $ID " &&
		within 10 says watch_far "^NAK from .* to 255.255.255.255 " # by the relay
}
! have_command dhclient || wait_for refused # (it asks for ten seconds)
wait_for counted relayed_total
server_stop
