#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A DHCP server and a router that do as they are told, for tests: on packet sockets of an interface.

Usage: dhcp_peer.py INTERFACE

Prints "ready", then a line for each message that comes. Orders, one a line of stdin, are answered by "ok"
and the order:
    lease N [T1 T2] seconds of the leases from now on (10.9.0.50); and after which it is to be renewed by
                    unicast, by broadcast (options 58 and 59)
    dns ADDRESS     the name server in them
    silent, speak   answers nothing; answers again
    nak             refuses every REQUEST
    ra LIFETIME PREFIX RDNSS [FLAGS]
                    advertises a router, a prefix of 64 bits and PREFIX53 as name server for RDNSS seconds,
                    at once and when asked; FLAGS is 128 for M, 64 for O
    norouter        is no router any more, without a word
    own ADDRESS     has this IPv4 address, too: answers ARP for it
    push            from now on advertises before each answer by DHCP, too
    contend N       claims the next N global IPv6 addresses that somebody wants to use (RFC 4862, 5.4)
    raw6 HEX        sends an ICMPv6 message of these bytes to all nodes; the checksum is filled in
"""
import select
import socket
import struct
import sys

SERVER, ADDRESS = '10.9.0.1', '10.9.0.50'
ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 0x0800, 0x0806, 0x86dd
TYPES = {1: 'DISCOVER', 3: 'REQUEST', 4: 'DECLINE', 7: 'RELEASE'}
state = {'own': set(), 'contend': 0, 'lease': 3600, 'dns': '10.9.0.53', 'speak': True, 'nak': False, 'ra': None,
         'times': [], 'push': False}

sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
sock.bind((sys.argv[1], 0))
MAC = sock.getsockname()[4]
LINK_LOCAL = bytes.fromhex('fe80000000000000') + bytes([MAC[0] ^ 2, MAC[1], MAC[2], 0xff, 0xfe, *MAC[3:]])


def say(text):
    print(text, flush=True)


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def send_ip4(mac, destination, payload):
    udp = struct.pack('!HHHH', 67, 68, 8 + len(payload), 0) + payload
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     socket.inet_aton(SERVER), destination)
    ip = ip[:10] + struct.pack('!H', checksum(ip)) + ip[12:]
    sock.send(mac + MAC + struct.pack('!H', ETH_P_IP) + ip + udp)


def option(code, data):
    return bytes([code, len(data)]) + data


def answer(message, kind):
    reply = bytearray(message[:240])
    reply[0] = 2
    reply[12:16] = message[12:16] if kind == 5 else bytes(4)
    reply[16:20] = bytes(4) if kind == 6 else socket.inet_aton(ADDRESS)
    reply += option(53, bytes([kind])) + option(54, socket.inet_aton(SERVER))
    if kind != 6:
        for code, seconds in zip((51, 58, 59), (state['lease'], *state['times'])):
            reply += option(code, struct.pack('!I', seconds))
        reply += option(1, bytes([255, 255, 255, 0]))
        reply += option(3, socket.inet_aton(SERVER)) + option(6, socket.inet_aton(state['dns']))
    send_ip4(bytes(message[28:34]), socket.inet_aton(ADDRESS), bytes(reply) + b'\xff')


def dhcp(frame):
    header = (frame[14] & 15) * 4
    message = frame[14 + header + 8:]
    options, at = {}, 240
    while at < len(message) and message[at] != 255:
        options[message[at]] = message[at + 2:at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    kind = options[53][0]
    broadcast = frame[:6] == b'\xff' * 6
    address = socket.inet_ntoa(message[12:16])
    how = '' if kind != 3 else ' selecting' if 54 in options else ' rebooting' if address == '0.0.0.0' \
        else ' rebinding' if broadcast else ' renewing'
    say(TYPES.get(kind, str(kind)) + how + (' ' + address if kind == 7 else ''))
    if not state['speak']:
        return
    if state['push']:
        advertise()
    if kind == 1:
        answer(message, 2)
    elif kind == 3:
        answer(message, 6 if state['nak'] else 5)


def arp(frame):
    if frame[20:22] == b'\0\1' and frame[38:42] in {socket.inet_aton(SERVER), *state['own']}:
        sock.send(frame[22:28] + MAC + frame[12:20] + b'\0\2' + MAC + frame[38:42] + frame[22:32])


def send_icmp6(icmp):
    everybody = socket.inet_pton(socket.AF_INET6, 'ff02::1')
    pseudo = LINK_LOCAL + everybody + struct.pack('!II', len(icmp), 58)
    icmp = icmp[:2] + struct.pack('!H', checksum(pseudo + icmp[:2] + b'\0\0' + icmp[4:])) + icmp[4:]
    sock.send(bytes.fromhex('333300000001') + MAC + struct.pack('!H', ETH_P_IPV6) +
              struct.pack('!IHBB', 0x60000000, len(icmp), 58, 255) + LINK_LOCAL + everybody + icmp)


def advertise():
    if state['ra'] is None:
        return
    lifetime, prefix, rdnss, flags = state['ra']
    prefix = socket.inet_pton(socket.AF_INET6, prefix)
    send_icmp6(struct.pack('!BBHBBHII', 134, 0, 0, 64, flags, lifetime, 0, 0) +
               struct.pack('!BBBBIII', 3, 4, 64, 0xc0, 86400, 14400, 0) + prefix +
               struct.pack('!BBHI', 25, 3, 0, rdnss) + prefix[:15] + b'\x53')


def neighbour(frame):
    kind, target = frame[54], frame[62:78]
    if kind == 133:
        say('solicitation')
        advertise()
    elif kind == 135 and frame[22:38] == bytes(16) and target[0] != 0xfe and state['contend'] > 0:
        state['contend'] -= 1
        say('claims ' + socket.inet_ntop(socket.AF_INET6, target))
        send_icmp6(struct.pack('!BBHI', 136, 0, 0, 0x20000000) + target + b'\2\1' + MAC)
    elif kind == 135 and target == LINK_LOCAL:
        icmp = struct.pack('!BBHI', 136, 0, 0, 0x60000000) + LINK_LOCAL + b'\2\1' + MAC
        send_icmp6(icmp)


def obey(words):
    if words[0] == 'lease':
        state['lease'], *state['times'] = map(int, words[1:])
        state['nak'] = False
    elif words[0] == 'dns':
        state['dns'] = words[1]
    elif words[0] in ('silent', 'speak'):
        state['speak'] = words[0] == 'speak'
        state['nak'] = False
    elif words[0] == 'nak':
        state['nak'] = True
    elif words[0] == 'ra':
        state['ra'] = int(words[1]), words[2], int(words[3]), int((words + ['0'])[4])
        advertise()
    elif words[0] == 'push':
        state['push'] = True
    elif words[0] == 'norouter':
        state['ra'] = None
    elif words[0] == 'own':
        state['own'].add(socket.inet_aton(words[1]))
    elif words[0] == 'contend':
        state['contend'] = int(words[1])
    elif words[0] == 'raw6':
        send_icmp6(bytes.fromhex(words[1]))
    say('ok ' + ' '.join(words))


say('ready')
orders = b''
while True:
    for ready in select.select([sock, sys.stdin.buffer.raw], [], [])[0]:
        if ready is sock:
            frame, name = sock.recvfrom(65535)
            kind = struct.unpack('!H', frame[12:14])[0]
            if name[2] == socket.PACKET_OUTGOING:
                continue
            if kind == ETH_P_IP and frame[23] == 17 and frame[36:38] == b'\0C':
                dhcp(frame)
            elif kind == ETH_P_ARP:
                arp(frame)
            elif kind == ETH_P_IPV6 and frame[20] == 17 and frame[56:58] == b'\2\x23':
                say(f'dhcp6 {frame[62]}')
            elif kind == ETH_P_IPV6 and frame[20] == 58:
                neighbour(frame)
        else:
            orders += ready.read(4096) or sys.exit(0)
            *lines, orders = orders.split(b'\n')
            for line in lines:
                if line.strip():
                    obey(line.decode().split())
