#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A name server of its own kind, for tests of who asks: odd_dns.py ADDRESS

The first label of a name says what becomes of a question for it; the answer is always fc00::1 and what
follows, 60 seconds.

    slowN...    an answer after N seconds
    never...    none
    many...     twelve addresses
    other...    an answer for another name
    wrong...    an answer to another question
    cut...      half of an answer
    else        an answer
"""
import re
import select
import socket
import struct
import sys
import time

AAAA = 28


def record(name, number, ttl=60):
    address = bytes([0xfc, 0]) + bytes(12) + struct.pack(">H", number)
    return name + struct.pack(">HHIH", AAAA, 1, ttl, 16) + address


def reply(query):
    """(seconds, bytes), or None."""
    end = 12
    while query[end]:
        end += 1 + query[end]
    question, label = query[12:end + 5], query[13:13 + query[12]].decode("ascii", "replace").lower()
    kind = int.from_bytes(question[-4:-2], "big")
    if label.startswith("never"):
        return None
    slow = re.match(r"slow(\d+)", label)
    owner = b"\x07another\x04test\x00" if label.startswith("other") else b"\xc0\x0c"
    if label.startswith("wrong"):
        question = b"\x07strange\x04test\x00" + question[-4:]
    records = [record(owner, n + 1) for n in range(12 if label.startswith("many") else 1)]
    if kind != AAAA:
        records = []
    head = query[:2] + struct.pack(">HHHHH", 0x8580, 1, len(records), 0, 0)
    text = head + question + b"".join(records)
    return int(slow[1]) if slow else 0, text[:len(text) - 12] if label.startswith("cut") else text


def main():
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    print("ready", flush=True)
    later = []  # (when, bytes, to)
    while True:
        now = time.monotonic()
        for when, text, to in [item for item in later if item[0] <= now]:
            server.sendto(text, to)
        later = [item for item in later if item[0] > now]
        wait = min((item[0] for item in later), default=now + 60) - now
        if not select.select([server], [], [], max(wait, 0))[0]:
            continue
        query, to = server.recvfrom(2048)
        try:
            answer = reply(query)
        except (IndexError, ValueError):
            continue
        if answer:
            later.append((time.monotonic() + answer[0], answer[1], to))


main()
