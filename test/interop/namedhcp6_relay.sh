#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp behind relays: isc-dhcp-relay, dnsmasq, and one behind the other.
#
#	one (dhclient), libiothconf ---- hub a ---- near ---- hub b ---- far ---- hub c ---- home, namedhcp
#
# The arguments: where the server is, and the relays: isc or dnsmasq alone (near; a and c), or chain (dnsmasq near, isc far).
relays=${2:?isc, dnsmasq or chain}
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/namedhcp6_lib.sh"
case $relays in
isc) need_command dhcrelay dhclient ;;
dnsmasq) need_command dnsmasq dhclient ;;
chain) need_command dhcrelay dnsmasq dhclient ;;
esac

# dnsmasq sends from an address of its own on the server's network.
address=fc00::ffff/64,ip=fc00:0:0:b::ffff/64

net_start hub a
a=$vnl
net_start hub b
b=$vnl
net_start hub c
c=$vnl
vnl=$c
home_start
inside home ip addr add fc00:0:0:b::24/64 dev vde0 nodad
serve --lease forever
host_of() # NAME LOWER UPPER: a relay's host, vde0 and vde1
{
	local name=$1
	shift
	vdens_start "$name" "$@"
	inside "$name" ip link set lo up
	settle "$name" vde0
	settle "$name" vde1
}

# isc HOST: it says its interface by option, which comes back.
isc()
{
	inside "$1" ip addr add fc00:0:0:b::2/64 dev vde0 nodad
	start "relay_$1" inside "$1" dhcrelay -6 -d --no-pid -I -l vde0 -u vde1
	wait_for says "relay_$1" 'Sending on'
}

# dnsmasq_relay HOST TO: it needs an address there, which says the link to the server.
dnsmasq_relay()
{
	inside "$1" ip addr add fc00:0:0:a::1/64 dev vde0 nodad
	inside "$1" ip addr add fc00:0:0:b::1/64 dev vde1 nodad
	start "relay_$1" inside "$1" dnsmasq -d -C /dev/null --port=0 --user=root --group=root --pid-file= \
		--log-dhcp --dhcp-relay="fc00:0:0:a::1,$2"
	wait_for says "relay_$1" 'DHCP relay from'
}

case $relays in
chain)
	host_of near "$a" "$b"
	host_of far "$b" "$c"
	isc far
	dnsmasq_relay near fc00:0:0:b::2 # relays are in no group that it knows
	;;
*)
	host_of near "$a" "$c"
	if [ "$relays" = isc ]; then isc near; else dnsmasq_relay near ff05::1:3,vde1; fi
	;;
esac

# --- a client beyond them

vnl=$a
host_start one
if have_command tshark; then
	start frames "$VDENS" "$c" sh -c \
		"ip link set vde0 up; exec python3 $SRC/test/interop/capture.py vde0 $dir/frames.pcap"
	wait_for says frames listening
fi
dhclient_script
start dhclient dhclient_in one one -v -d
wait_for has_address one fc00::1
assert_match '^BOUND6 fc00::1 fc00::24 test.local' "$(cat "$dir/reasons")" "dhclient's options"
wait_for counted relayed_total
wait_for grep -q '^}' "$dir/one.leases"
stop "$pid"
dhclient_release one one received_more release 0
wait_for prints '^address fc00::2' '^. nameserver fc00::24' -- \
	"$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,nodad,fqdn=two.test.local addresses resolv

# --- what an answer to a relay looks like

if have_command tshark; then
	seen() # FILTER
	{
		run tshark -r "$dir/frames.pcap" -Y "$1"
		[ -n "$out" ]
	}
	wait_for seen 'dhcpv6.msgtype == 13 && dhcpv6.msgtype == 7'
	[ "$relays" = dnsmasq ] || wait_for seen 'dhcpv6.msgtype == 13 && dhcpv6.option.type == 18'
	[ "$relays" != chain ] || wait_for seen 'dhcpv6.msgtype == 13 && dhcpv6.hopcount == 1 && dhcpv6.hopcount == 0'
	run tshark -r "$dir/frames.pcap" -Y 'dhcpv6.msgtype == 13 && (_ws.malformed || _ws.expert.severity == "Error")'
	assert_equal "" "$out" "tshark finds malformed answers"
fi
server_stop
pass
