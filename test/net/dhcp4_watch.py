#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tells of each DHCPv4 message that passes an interface, for tests.

Usage: dhcp4_watch.py INTERFACE

Prints "ready", then a line for each message:
    TYPE from ADDRESS to ADDRESS client CIADDR your YIADDR relay GIADDR server OPTION54 by MAC mac CHADDR
        options 53,54,...
where MAC is that of the frame.
"""
import socket
import struct
import sys

TYPES = ['BOOTP', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM']


def text(address):
    return socket.inet_ntoa(address)


def options_of(message):
    found, at = [], 240
    while at < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        found.append((message[at], message[at + 2:at + 2 + message[at + 1]]))
        at += 2 + message[at + 1]
    return found


def tell(packet, sender):
    udp = packet[(packet[0] & 15) * 4:]
    if packet[9] != 17 or struct.unpack('!H', udp[2:4])[0] not in (67, 68) or len(udp) < 248:
        return
    message = udp[8:]
    options = options_of(message)
    values = dict(options)
    kind = values.get(53, b'\0')[0]
    print(TYPES[kind] if kind < len(TYPES) else kind, 'from', text(packet[12:16]), 'to', text(packet[16:20]),
          'client', text(message[12:16]), 'your', text(message[16:20]), 'relay', text(message[24:28]),
          'server', text(values.get(54, bytes(4))), 'by', sender.hex(':'), 'mac', message[28:34].hex(':'),
          'options', ','.join(str(code) for code, _ in options), flush=True)


sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
sock.bind((sys.argv[1], 0))
# Unicast between others, too: PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC.
sock.setsockopt(263, 1, struct.pack('iHH8s', socket.if_nametoindex(sys.argv[1]), 1, 0, b''))
print('ready', flush=True)
while True:
    data, name = sock.recvfrom(65535)
    if name[1] == 0x0800 and name[2] != socket.PACKET_OUTGOING and len(data) > 28:
        tell(data, name[4])
