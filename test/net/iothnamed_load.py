#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A steady load of queries: every one must be answered, each in its own time, whatever happens to the
server meanwhile. Ends when the file STOP appears; prints the number of replies.

    iothnamed_load.py SERVER STOP NAME FORWARDED...

A few queries are out at a time, so that no buffer overflows: a query without a reply was lost by the
server.
"""
import os
import select
import socket
import struct
import sys

PATIENCE = 200  # seconds for a reply
OUT = 8

server, stop, *names = sys.argv[1:]


def query(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


sock = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
sock.connect((server, 53))
replies, number, out = 0, 0, {}
print("begun", flush=True)
while out or not os.path.exists(stop):
    while len(out) < OUT and not os.path.exists(stop):
        number = (number + 1) & 0xffff
        name = names[number % len(names)]
        out[number] = name
        sock.send(query(number, name))
    if not select.select([sock], [], [], PATIENCE)[0]:
        sys.exit(f"no reply to {out} after {replies} replies")
    message = sock.recv(65535)
    got, flags = struct.unpack(">2H", message[:4])
    answers, = struct.unpack(">H", message[6:8])
    # On a busy machine a forwarder may have had no time (SERVFAIL): that is a reply, too.
    failed = flags & 15 == 2 and out.get(got) != names[0]
    if got not in out or not failed and (flags & 15 or not answers):
        sys.exit(f"id {got}, flags {flags:04x}, {answers} answers to {out.get(got)}")
    del out[got]
    replies += 1
print(f"{replies} replies")
