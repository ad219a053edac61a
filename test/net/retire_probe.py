#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether an address answers anything at all.

Usage: retire_probe.py ADDRESS MAC OTHER [peer]

Everything goes to ADDRESS at MAC, whether or not somebody says that it is there: a connection, datagrams, echo requests, packets
that make no sense, neighbour solicitations. Then an echo request to OTHER, an address of the same host: when that is
answered, so would the others have been. Prints each answer; exit status 1 if there was one. A peer has a flow: segments of
that, and neighbour advertisements, are none.
"""
import os
import socket
import struct
import subprocess
import sys
import time

ETH_P_ALL, ETH_P_IPV6 = 3, 0x86dd
PORTS = {7000: 40000, 4242: 44242, 9: 40009}  # where to, and where from
ECHO, ECHO_REPLY, SOLICITATION, ADVERTISEMENT = 128, 129, 135, 136


def checksum(source, target, protocol, data):
    data = source + target + struct.pack('!II', len(data), protocol) + data
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def own_address(prefix):
    for line in subprocess.run(['ip', '-6', '-o', 'addr', 'show', 'dev', 'vde0'], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        text = line.split()[3].split('/')[0]
        if text.startswith(prefix):
            return socket.inet_pton(socket.AF_INET6, text)
    sys.exit('no address')


class Probe:
    def __init__(self, address, mac, other, role=''):
        self.is_peer = role == 'peer'
        self.address, self.other = (socket.inet_pton(socket.AF_INET6, text) for text in (address, other))
        self.mac = bytes.fromhex(mac.replace(':', ''))
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.wire.bind(('vde0', 0))
        self.own_mac = self.wire.getsockname()[4]
        self.own = own_address(other.split(':')[0] + ':')
        self.link_local = own_address('fe80:')
        self.group = socket.inet_pton(socket.AF_INET6, 'ff02::1:ff00:0')[:13] + self.address[13:]

    def send(self, target, next_header, data, source=None, limit=64, mac=None):
        source = self.own if source is None else source
        if mac is None:
            mac = b'\x33\x33' + target[12:] if target[0] == 0xff else self.mac
        self.wire.send(mac + self.own_mac + struct.pack('!HIHBB', ETH_P_IPV6, 6 << 28, len(data), next_header, limit) +
                       source + target + data)

    def icmp(self, target, kind, body, source=None, limit=64, before=(58, b'')):
        source = self.own if source is None else source
        data = struct.pack('!BBH', kind, 0, 0) + body
        data = data[:2] + struct.pack('!H', checksum(source, target, 58, data)) + data[4:]
        self.send(target, before[0], before[1] + data, source, limit)

    def transport(self, protocol, port, header, at):
        data = struct.pack('!HH', PORTS[port], port) + header
        data = data[:at] + struct.pack('!H', checksum(self.own, self.address, protocol, data)) + data[at + 2:]
        self.send(self.address, protocol, data)

    def solicit(self, target, source, option=True):
        link = b'\x01\x01' + self.own_mac if option else b''
        self.icmp(target, SOLICITATION, b'\0' * 4 + self.address + link, source, 255)

    def knock(self):
        echo = struct.pack('!HH', 1, 1) + b'knock'
        for port in PORTS:
            self.transport(6, port, struct.pack('!IIBBHHH', 1, 0, 0x50, 0x02, 1000, 0, 0), 16)  # SYN
            self.transport(6, port, struct.pack('!IIBBHHH', 1, 1, 0x50, 0x10, 1000, 0, 0), 16)  # ACK
            self.transport(17, port, struct.pack('!HH', 12, 0) + b'data', 6)
        self.icmp(self.address, ECHO, echo)
        self.icmp(self.group, ECHO, echo)
        self.icmp(self.address, ECHO, echo, before=(60, b'\x3a\0\x01\x04' + b'\0' * 4))  # behind options
        self.send(self.address, 253, b'what is this?')
        self.send(self.address, 60, b'\x3a\0\x80\0\0\0\0\0')  # an option to be complained about
        self.send(self.group, 60, b'\x3a\0\x80\0\0\0\0\0')
        self.send(self.address, 43, b'\x3a\x02\0\x01' + b'\0' * 20)
        self.send(self.address, 44, b'\x11\0\0\x01\0\0\0\x07' + b'\0' * 13)  # a fragment of a wrong length
        for target in (self.group, self.address, self.other):
            for source in (self.own, self.link_local):
                self.solicit(target, source)
        self.solicit(self.group, b'\0' * 16, False)
        # Behind a hop-by-hop header to another address.
        self.icmp(self.other, SOLICITATION, b'\0' * 4 + self.address + b'\x01\x01' + self.own_mac, None, 255,
                  (0, b'\x3a\0\x01\x04' + b'\0' * 4))

    def is_answer(self, frame):
        """Of the host, to us or to many, and not about its other addresses."""
        if len(frame) < 54 or frame[6:12] != self.mac or struct.unpack('!H', frame[12:14])[0] != ETH_P_IPV6:
            return False
        if frame[0:6] != self.own_mac and not frame[0] & 1:
            return False
        if frame[20] in (6, 17):
            return frame[22:38] == self.address and struct.unpack('!H', frame[56:58])[0] in PORTS.values()
        if self.is_peer and frame[20] == 58 and frame[54] == ADVERTISEMENT:
            return False
        if frame[22:38] == self.address or self.address in frame[54:]:
            return True
        return frame[20] == 58 and frame[54] < 128

    def run(self):
        token = os.urandom(8)
        found = 0
        self.wire.settimeout(1)
        self.knock()
        for _ in range(120):
            self.icmp(self.other, ECHO, struct.pack('!HH', 2, 2) + token)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                try:
                    frame = self.wire.recv(65536)
                except TimeoutError:
                    break
                if self.is_answer(frame):
                    print('answered:', frame.hex())
                    found += 1
                if frame[6:12] == self.mac and len(frame) > 54 and frame[54] == ECHO_REPLY and token in frame:
                    return found
        sys.exit('the host is not there at all')


sys.exit(1 if Probe(*sys.argv[1:]).run() else 0)
