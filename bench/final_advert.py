#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a router takes from SIGTERM to its final advertisement, in milliseconds: final_advert.py PID IFNAME

Runs in a vdens on the router's network.
"""
import os
import signal
import socket
import struct
import sys
import time

ROUTER_ADVERT = 134


def main():
    pid, name = int(sys.argv[1]), sys.argv[2]
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        group = socket.inet_pton(socket.AF_INET6, "ff02::1") + struct.pack("@I", socket.if_nametoindex(name))
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        sock.settimeout(10)
        begun = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        while True:
            message = sock.recv(2048)
            if len(message) >= 16 and message[0] == ROUTER_ADVERT and message[6:8] == b"\0\0":
                break
        print(f"{(time.monotonic() - begun) * 1e3:.3f}")


main()
