#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Neighbours of picox that change: the peer gets another MAC address, says so or not; the network vanishes
# and returns, and so does the peer behind it, with another MAC address. (RFC 4861 section 7.3, and as much
# for ARP.)
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/picox_lib.sh"
need_command socat

# What comes to port 9 of the peer.
listen()
{
	start listener peer socat -u UDP6-RECV:9,ipv6only=0 -
}

# arrive TEXT: the node sends it to both addresses, until it is there.
sent_and_seen()
{
	local address here=0
	for address in 10.0.0.2 fd00::2; do
		if says listener "$1-$address\\."; then
			here=$((here + 1))
		else
			ask send $address 9 "$1-$address."
		fi
	done
	[ $here = 2 ]
}
arrive()
{
	wait_for sent_and_seen "$@"
}

# The peer's MAC address, as the node knows it.
known_as()
{
	shows neighbour "$1" -- "^$2 (reachable|stale|delay|probe)"
}

pair_start
ask reachable 500
listen
mac=$(peer ip -o link show dev vde0 | sed -n 's/.*link.ether \([0-9a-f:]*\).*/\1/p')
arrive first
for address in 10.0.0.2 fd00::2; do
	wait_for known_as $address "$mac"
done

# Without a word: what is sent to the old address is not answered, so the node asks everybody.
peer ip link set vde0 address 02:00:00:00:00:22
arrive silent
for address in 10.0.0.2 fd00::2; do
	wait_for known_as $address 02:00:00:00:00:22
done

# With a word, gratuitous ARP and an unsolicited advertisement: the node knows at once, without asking.
ask reachable 100000
arrive again
peer sysctl -qw net.ipv4.conf.vde0.arp_notify=1 net.ipv6.conf.vde0.ndisc_notify=1
peer ip link set vde0 address 02:00:00:00:00:23
for address in 10.0.0.2 fd00::2; do
	wait_for known_as $address 02:00:00:00:00:23
done
arrive told

# The network goes; the peer behind it changes; the network is back.
stop "$hub"
wait_for shows carrier -- lost
peer sysctl -qw net.ipv4.conf.vde0.arp_notify=0 net.ipv6.conf.vde0.ndisc_notify=0
peer ip link set vde0 address 02:00:00:00:00:24
rm -rf "$dir/network"
net_start hub network
wait_for shows carrier -- running
arrive back
for address in 10.0.0.2 fd00::2; do
	wait_for known_as $address 02:00:00:00:00:24
done
for address in 10.0.0.1 fd00::1; do
	assert_status 0 peer ping -n -q -c 1 -w 30 $address
done
node_stop
clean_capture 50 'Duplicate IP address configured \(10\.0\.0\.2\)' # for tshark, who moved is two
