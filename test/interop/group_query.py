#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends a query for group members, as a multicast router does that the kernel has not.

Usage: group_query.py INTERFACE igmp2|igmp3|mld1|mld2 [GROUP]
A general query, or one for a group; whoever is in it has half a second to answer.
"""
import socket
import struct
import sys

ROUTER_ALERT4 = b'\x94\x04\0\0'                  # RFC 2113
ROUTER_ALERT6 = b'\x3a\0\x05\x02\0\0\x01\0'      # RFC 2711, in a hop-by-hop header


def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def igmp(interface, version, group):
    address = socket.inet_aton(group or '0.0.0.0')
    rest = b'' if version == 2 else struct.pack('!BBH', 2, 125, 0)   # RFC 3376 section 4.1
    message = struct.pack('!BBH4s', 0x11, 5, 0, address) + rest
    message = message[:2] + struct.pack('!H', checksum(message)) + message[4:]
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, ROUTER_ALERT4)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                   struct.pack('=4s4si', bytes(4), bytes(4), socket.if_nametoindex(interface)))
    out.sendto(message, (group or '224.0.0.1', 0))


def mld(interface, version, group):
    address = socket.inet_pton(socket.AF_INET6, group or '::')
    rest = b'' if version == 1 else struct.pack('!BBH', 2, 125, 0)   # RFC 3810 section 5.1
    message = struct.pack('!BBHHH16s', 130, 0, 0, 500, 0, address) + rest
    index = socket.if_nametoindex(interface)
    out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
    out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    out.sendmsg([message], [(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, ROUTER_ALERT6)], 0,
                (group or 'ff02::1', 0, 0, index))


if __name__ == '__main__':
    {'igmp': igmp, 'mld': mld}[sys.argv[2][:-1]](
        sys.argv[1], int(sys.argv[2][-1]), sys.argv[3] if len(sys.argv) > 3 else None)
