#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A DNS server that says nothing until it is told to.

Usage: slow_dns.py ADDRESS

Every name's AAAA record is ADDRESS, and it has no other. Queries wait until a line comes on stdin, "answer" or "refuse" (no
such name); the last word holds. Prints "serving", and "asked NAME" for each query.
"""
import selectors
import socket
import struct
import sys


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return '.'.join(labels), at + 5


def reply(query, word, address):
    _, end = name_of(query)
    is_aaaa = query[end - 4:end - 2] == b'\0\x1c'
    there = word == 'answer' and is_aaaa
    head = query[:2] + struct.pack('!HHHHH', 0x8183 if word == 'refuse' else 0x8180, 1, there, 0, 0)
    record = struct.pack('!HHHIH', 0xc00c, 28, 1, 60, 16) + socket.inet_pton(socket.AF_INET6, address)
    return head + query[12:end] + (record if there else b'')


def main():
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind(('::', 53))
    selector = selectors.DefaultSelector()
    selector.register(server, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    waiting, word = [], 'wait'
    print('serving', flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is server:
                query, client = server.recvfrom(4096)
                print('asked', name_of(query)[0], flush=True)
                waiting.append((query, client))
            else:
                word = sys.stdin.readline().strip()
        if word != 'wait':
            for query, client in waiting:
                server.sendto(reply(query, word, sys.argv[1]), client)
            waiting = []


if __name__ == '__main__':
    main()
