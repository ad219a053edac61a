#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks a DHCP server what it tells without a name: dhcp_ask.py 4|6 INTERFACE

An INFORM from 192.168.1.9, or an INFORMATION-REQUEST. Ends with 0 if it is answered within three seconds.
"""
import os
import socket
import struct
import sys


def main():
    family, interface = sys.argv[1:]
    transaction = os.urandom(4)
    if family == "6":
        asker = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        own, to = ("::", 546), ("ff02::1:2", 547, 0, socket.if_nametoindex(interface))
        message = bytes([11]) + transaction[1:]
        where, answer = slice(0, 4), bytes([7]) + transaction[1:]
    else:
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        own, to = ("", 68), ("255.255.255.255", 67)
        message = (struct.pack(">BBBB4s4x4s12x", 1, 1, 6, 0, transaction, socket.inet_aton("192.168.1.9"))
                   + b"\x02\0\0\0\0\x09" + bytes(202) + b"\x63\x82\x53\x63\x35\x01\x08\xff")
        where, answer = slice(4, 8), transaction
    asker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    asker.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    asker.bind(own)
    asker.settimeout(3)
    asker.sendto(message, to)
    while asker.recv(2048)[where] != answer:
        pass


try:
    main()
except OSError as error:
    sys.exit(str(error))
