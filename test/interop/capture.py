#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes what an interface carries to a pcap file, for tshark; no privilege is changed, as tcpdump would.

Usage: capture.py INTERFACE FILE
"""
import socket
import struct
import sys
import time

ETH_P_ALL = 3
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
sock.bind((sys.argv[1], 0))
with open(sys.argv[2], 'wb', buffering=0) as out:
    out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    print('listening', flush=True)
    while True:
        frame = sock.recv(65535)
        now = time.time()
        out.write(struct.pack('<IIII', int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
