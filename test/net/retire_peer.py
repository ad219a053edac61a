#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of retire_server: one connection and one UDP flow.

Usage: retire_peer.py ADDRESS. Each line of stdin is a request: "echo" sends through both and waits for what comes
back; "close" ends both. A word is said for each that was done.
"""
import os
import socket
import sys


def echo(stream, datagrams):
    data = os.urandom(20000)
    stream.sendall(data)
    back = b''
    while len(back) < len(data):
        part = stream.recv(65536)
        if not part:
            sys.exit('the connection was closed')
        back += part
    if back != data:
        sys.exit('the echo is another')
    # A datagram may be lost where a neighbour is asked for.
    token = os.urandom(16)
    for _ in range(60):
        datagrams.send(token)
        try:
            while datagrams.recv(2048) != token:
                pass
            return
        except TimeoutError:
            pass
    sys.exit('no datagram comes back')


def main():
    name = (sys.argv[1], 7000)
    stream = socket.create_connection(name)
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.connect(name)
    datagrams.settimeout(1)
    print('connected', flush=True)
    for line in iter(sys.stdin.readline, ''):
        if line == 'echo\n':
            echo(stream, datagrams)
            print('echoed', flush=True)
        elif line == 'close\n':
            datagrams.send(b'end')
            stream.close()
            print('closed', flush=True)


main()
