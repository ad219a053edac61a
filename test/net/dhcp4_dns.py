#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A name server of many moods, for tests of namedhcp4: the first label of a name says which.

Usage: dhcp4_dns.py ADDRESS

Prints "ready". Below test.local it has, with a TTL of 60 s:
    right     A 192.168.1.1
    many      A 192.168.1.2 and 24 others
    alias     CNAME right.test.local, and its address
    foreign   an address of another name only
    both      an address of another name, then A 192.168.1.3
    slow      A 192.168.1.4, after two seconds
    any other: no answer, ever
"""
import heapq
import select
import socket
import struct
import sys
import time

A, CNAME, TXT = 1, 5, 16
POINTER = b'\xc0\x0c'


def wire(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def record(owner, kind, data):
    return owner + struct.pack('!HHIH', kind, 1, 60, len(data)) + data


def address(last):
    return record(POINTER, A, bytes([192, 168, 1, last]))


RIGHT, OTHER = wire('right.test.local'), wire('other.test.local')
ANSWERS = {
    'right': [address(1)],
    'many': [address(2 + n) for n in range(25)],
    'alias': [record(POINTER, CNAME, RIGHT), record(RIGHT, A, bytes([192, 168, 1, 1]))],
    'foreign': [record(OTHER, A, bytes([192, 168, 1, 66]))],
    'both': [record(OTHER, A, bytes([192, 168, 1, 66])), address(3)],
    'slow': [address(4)],
}


def reply(query):
    """The label, and the answer; None: there is none."""
    end = query.index(b'\0', 12) + 5
    label = query[13:13 + query[12]].decode('latin1').lower()
    if label not in ANSWERS:
        return label, None
    kind = struct.unpack('!H', query[end - 4:end - 2])[0]
    records = ANSWERS[label] if kind == A else []
    if kind == TXT:
        records = [record(POINTER, TXT, b'\x12mask=255.255.255.0')]
    return label, query[:2] + struct.pack('!HHHHH', 0x8580, 1, len(records), 0, 0) + query[12:end] + b''.join(records)


sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 53))
print('ready', flush=True)
later = []
while True:
    wait = max(0.0, later[0][0] - time.monotonic()) if later else None
    if not select.select([sock], [], [], wait)[0]:
        _, _, answer, client = heapq.heappop(later)
        sock.sendto(answer, client)
        continue
    data, sender = sock.recvfrom(4096)
    name, answer = reply(data)
    if name == 'slow':
        heapq.heappush(later, (time.monotonic() + 2, id(data), answer, sender))
    elif answer:
        sock.sendto(answer, sender)
