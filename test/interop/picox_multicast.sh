#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Multicast between picox and Linux, both ways, both families, with and without sources; the reports that
# picox makes of it (IGMPv3, IGMPv2, MLDv2, MLDv1), as tshark reads them.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/picox_lib.sh"
need_command socat tshark python3

query()
{
	peer "$(dirname "$0")/group_query.py" vde0 "$@"
}

# seen FILTER: a frame like that comes.
seen()
{
	wait_for captured "$1"
}

# to_group TEXT ADDRESS: what the peer sends to a group.
to_group()
{
	echo "$1" | peer socat -u - "$2"
}

pair_start
settle peer vde0
# Before it has a link-local address it may say but little, and while it makes up for that it says a leave otherwise (RFC 3810, 6.1).
seen 'icmpv6.type == 143 && ipv6.src == fe80::/10 && icmpv6.mldr.mar.multicast_address == ff02::1:ff00:1'
ask route 224.0.0.0/4 -

# All sources. The report comes before the packets do: whoever forwards knows.
ask join 239.1.1.1
ask join ff05::33
report4='igmp.type == 0x22 && ip.ttl == 1 && ip.opt.ra == 0 && ip.dst == 224.0.0.22 && ip.src == 10.0.0.1'
report6='icmpv6.type == 143 && ipv6.hlim == 1 && ipv6.opt.router_alert == 0 && ipv6.dst == ff02::16'
seen "$report4 && igmp.record_type == 4 && igmp.maddr == 239.1.1.1"
seen "$report6 && icmpv6.mldr.mar.record_type == 4 && icmpv6.mldr.mar.multicast_address == ff05::33"
to_group "any source, 4" UDP4-DATAGRAM:239.1.1.1:9,ip-multicast-if=10.0.0.2
to_group "any source, 6" UDP6-DATAGRAM:[ff05::33]:9
wait_for says node '^received any source, 4$'
wait_for says node '^received any source, 6$'

# One source: others are not heard. (What came first would be seen first.)
peer ip addr add 10.0.0.8/24 dev vde0
peer ip addr add fd00::8/64 dev vde0 nodad
ask join 239.1.1.3 10.0.0.2
ask join ff05::35 fd00::2
seen "$report4 && igmp.record_type == 5 && igmp.maddr == 239.1.1.3 && igmp.saddr == 10.0.0.2"
seen "$report6 && icmpv6.mldr.mar.record_type == 5 && icmpv6.mldr.mar.multicast_address == ff05::35"
to_group "wrong source" UDP4-DATAGRAM:239.1.1.3:9,ip-multicast-if=10.0.0.8,bind=10.0.0.8
to_group "right source, 4" UDP4-DATAGRAM:239.1.1.3:9,ip-multicast-if=10.0.0.2,bind=10.0.0.2
wait_for says node '^received right source, 4$'
to_group "wrong source" UDP6-DATAGRAM:[ff05::35]:9,bind=[fd00::8]
to_group "right source, 6" UDP6-DATAGRAM:[ff05::35]:9,bind=[fd00::2]
wait_for says node '^received right source, 6$'
! says node 'wrong source' || fail "a source that was not asked for is heard"

# From picox to the kernel.
start listener4 peer socat -u UDP4-RECV:9,ip-add-membership=239.1.1.2:10.0.0.2 -
start listener6 peer socat -u UDP6-RECV:10,ipv6-join-group=[ff05::44]:vde0 -
heard() # LISTENER GROUP PORT
{
	ask send "$2" "$3" "hello." && says "$1" 'hello\.'
}
wait_for heard listener4 239.1.1.2 9
wait_for heard listener6 ff05::44 10

# Queries, of the newer versions: all groups, with their sources; then of one group.
query igmp3
seen "$report4 && igmp.record_type == 2 && igmp.maddr == 239.1.1.1"
seen "$report4 && igmp.record_type == 1 && igmp.maddr == 239.1.1.3 && igmp.saddr == 10.0.0.2"
query mld2
seen "$report6 && icmpv6.mldr.mar.record_type == 2 && icmpv6.mldr.mar.multicast_address == ff05::33"
seen "$report6 && icmpv6.mldr.mar.record_type == 1 && icmpv6.mldr.mar.multicast_address == ff05::35"

# Leaving, in their words.
ask leave 239.1.1.3
ask leave ff05::35
seen "$report4 && igmp.record_type == 6 && igmp.maddr == 239.1.1.3 && igmp.saddr == 10.0.0.2"
seen "$report6 && icmpv6.mldr.mar.record_type == 6 && icmpv6.mldr.mar.multicast_address == ff05::35"

# An older router: older words, to the group itself; leaving, to the routers.
query igmp2
seen 'igmp.type == 0x16 && ip.ttl == 1 && ip.opt.ra == 0 && igmp.maddr == 239.1.1.1 && ip.dst == 239.1.1.1 && ip.src == 10.0.0.1'
ask leave 239.1.1.1
seen 'igmp.type == 0x17 && igmp.maddr == 239.1.1.1 && ip.dst == 224.0.0.2'
query mld1
seen 'icmpv6.type == 131 && ipv6.hlim == 1 && ipv6.opt.router_alert == 0 && icmpv6.mld.multicast_address == ff05::33 && ipv6.dst == ff05::33'
ask leave ff05::33
seen 'icmpv6.type == 132 && icmpv6.mld.multicast_address == ff05::33 && ipv6.dst == ff02::2'
node_stop
clean_capture 40
