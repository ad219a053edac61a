# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two ends of offload.sh: what was sent is what arrives, byte for byte and boundary for boundary.

    offload.py server       says "listening"; serves one client
    offload.py client

TCP in both directions, and bursts of datagrams: sent by one call and cut on the way (UDP_SEGMENT),
sent one by one, and larger than the MTU, so that fragments pass too.  The server answers each burst
with a digest of what it got, so that no queue overflows.
"""
import hashlib
import socket
import struct
import sys

PORT = 5400
ADDRESSES = ["10.0.0.1", "fc00::1"]
TCP_BYTES = 16 << 20
UDP_SEGMENT = 103  # <linux/udp.h>
BURST = 16
PATIENCE = 60  # seconds; reaching it means that something was lost for good
BLOCK = bytes(range(251)) * 261  # 251 is prime: no power of two hides a shift


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def open_socket(address, kind):
    sock = socket.socket(family_of(address), kind)
    sock.settimeout(PATIENCE)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def send_stream(sock):
    """Sends, and returns the digest."""
    digest, left = hashlib.sha256(), TCP_BYTES
    while left:
        block = BLOCK[:left]
        sock.sendall(block)
        digest.update(block)
        left -= len(block)
    return digest.digest()


def receive_stream(sock):
    digest, left = hashlib.sha256(), TCP_BYTES
    while left:
        block = sock.recv(min(left, 1 << 16))
        if not block:
            sys.exit(f"{left} bytes did not arrive")
        digest.update(block)
        left -= len(block)
    return digest.digest()


def digest_of(datagrams):
    digest = hashlib.sha256()
    for datagram in datagrams:
        digest.update(struct.pack("!I", len(datagram)) + datagram)
    return digest.digest()


def server():
    streams, datagrams = [], []
    for address in ADDRESSES:
        streams.append(open_socket(address, socket.SOCK_STREAM))
        streams[-1].bind((address, PORT))
        streams[-1].listen()
        datagrams.append(open_socket(address, socket.SOCK_DGRAM))
        datagrams[-1].bind((address, PORT))
    print("listening", flush=True)
    for listener, sock in zip(streams, datagrams):
        connection, _ = listener.accept()
        connection.settimeout(PATIENCE)
        connection.sendall(receive_stream(connection))
        send_stream(connection)
        connection.recv(1)
        burst = []
        while True:
            datagram, peer = sock.recvfrom(65536)
            if datagram == b"end":
                break
            burst.append(datagram)
            if datagram[0] == ord("L"):
                sock.sendto(digest_of(burst), peer)
                burst = []


def check_streams(address):
    with open_socket(address, socket.SOCK_STREAM) as sock:
        sock.connect((address, PORT))
        sent = send_stream(sock)
        if sock.recv(32, socket.MSG_WAITALL) != sent:
            sys.exit(f"{address}: TCP to the server: other bytes arrived")
        if receive_stream(sock) != sent:
            sys.exit(f"{address}: TCP from the server: other bytes arrived")
        sock.sendall(b".")
    print(f"{address}: TCP, {TCP_BYTES} bytes each way")


def make_burst(number, size, last):
    """Datagrams of one size, the last marked and of another."""
    sizes = [size] * (BURST - 1) + [last]
    burst = [bytes([number & 0xff, i]) + BLOCK[i:i + n - 2] for i, n in enumerate(sizes)]
    burst = [b"D" + datagram[1:] for datagram in burst]
    burst[-1] = b"L" + burst[-1][1:]
    return burst


def check_burst(sock, burst, what, segment=0):
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, segment)
    for message in [b"".join(burst)] if segment else burst:
        sock.send(message)
    if sock.recv(64) != digest_of(burst):
        sys.exit(f"{what}: other datagrams arrived")


def check_datagrams(address):
    with open_socket(address, socket.SOCK_DGRAM) as sock:
        sock.connect((address, PORT))
        for number in range(60):
            for size, last in ((1400, 1400), (1400, 3), (500, 499), (33, 2)):
                burst = make_burst(number, size, last)
                what = f"{address}: datagrams of {size}, the last of {last}"
                check_burst(sock, burst, f"{what}, one call", size)
                check_burst(sock, burst, f"{what}, one by one")
            check_burst(sock, [b"L" + BLOCK[:5000]], f"{address}: a datagram in fragments")
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
        sock.send(b"end")
    print(f"{address}: UDP, datagrams as they were sent")


def client():
    for address in ADDRESSES:
        check_streams(address)
        check_datagrams(address)


{"server": server, "client": client}[sys.argv[1]]()
