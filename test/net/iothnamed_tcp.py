#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients may do over TCP, one function a test: iothnamed_tcp.sh calls them by name.

    iothnamed_tcp.py SERVER TEST [ARGUMENT...]
"""
import selectors
import socket
import struct
import sys
import threading
import time

SERVER = sys.argv[1]
PATIENCE = 100  # seconds until something is taken for one that never happens
A, AAAA = 1, 28


def query(number, name, qtype=A):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", qtype, 1)


def framed(message):
    return struct.pack(">H", len(message)) + message


def dial():
    family = socket.AF_INET6 if ":" in SERVER else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE)
    connection.connect((SERVER, 53))
    return connection


def read(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError(f"{len(data)} of {size} bytes came")
        data += more
    return data


def reply(connection):
    """A reply's id, rcode, number of answers."""
    size, = struct.unpack(">H", read(connection, 2))
    message = read(connection, size)
    number, flags, _, answers = struct.unpack(">4H", message[:8])
    assert flags & 0x8000, "not a reply"
    return number, flags & 15, answers


def assert_answer(name, what):
    """On a busy machine the forwarder may have had no time."""
    assert what == [0, 1] or name == "forwarded.example" and what == [2, 0], (name, what)


def assert_closed(connection):
    try:
        data = connection.recv(1)
    except ConnectionResetError:
        data = b""
    assert data == b"", "the connection is open"
    connection.close()


def assert_served():
    connection = dial()
    connection.sendall(framed(query(7, "one.test.local")))
    assert reply(connection) == (7, 0, 1)
    connection.close()


def pipeline(count):
    """Many queries at once, half of them forwarded: each has its reply, in whatever order."""
    connection = dial()
    names = {n: "one.test.local" if n % 2 else "forwarded.example" for n in range(int(count))}
    connection.sendall(b"".join(framed(query(n, name)) for n, name in names.items()))
    seen = set()
    for _ in names:
        number, *what = reply(connection)
        assert number not in seen, f"two replies to {number}"
        seen.add(number)
        assert_answer(names[number], what)
    assert seen == set(names), seen
    connection.close()


def crowd(count):
    """Many connect at once, more than wait in the listener's queue: all of them are served, the later ones when they try again."""
    waiting = selectors.DefaultSelector()

    def begin(number):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        connection.connect_ex((SERVER, 53))
        waiting.register(connection, selectors.EVENT_WRITE, number)

    def go_on(connection, number, events):
        if events & selectors.EVENT_WRITE:
            connection.sendall(framed(query(number, "one.test.local")))
            waiting.modify(connection, selectors.EVENT_READ, number)
            return
        connection.settimeout(PATIENCE)
        assert reply(connection) == (number, 0, 1)
        waiting.unregister(connection)
        connection.close()

    for number in range(int(count)):
        begin(number)
    end = time.monotonic() + PATIENCE
    while waiting.get_map():
        assert time.monotonic() < end, f"{len(waiting.get_map())} of {count} are not served"
        for key, events in waiting.select(1):
            try:
                go_on(key.fileobj, key.data, events)
            except ConnectionResetError:  # whom a full queue has turned away
                waiting.unregister(key.fileobj)
                key.fileobj.close()
                begin(key.data)


def pieces():
    """Byte by byte; two queries of which the second comes in halves."""
    connection = dial()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in framed(query(1, "one.test.local")):
        connection.sendall(bytes([byte]))
    assert reply(connection) == (1, 0, 1)
    second = framed(query(3, "two.test.local"))
    connection.sendall(framed(query(2, "one.test.local")) + second[:9])
    assert reply(connection) == (2, 0, 1)
    connection.sendall(second[9:])
    assert reply(connection) == (3, 0, 1)
    connection.close()


def half_close():
    """A client that says no more gets its answers, then the end."""
    connection = dial()
    connection.sendall(framed(query(1, "one.test.local")) + framed(query(2, "forwarded.example")))
    connection.shutdown(socket.SHUT_WR)
    replies = {number: what for number, *what in (reply(connection), reply(connection))}
    assert_answer("one.test.local", replies[1])
    assert_answer("forwarded.example", replies[2])
    assert_closed(connection)


def hostile():
    """Garbage, lengths without messages, messages cut off: only the one who sends them suffers."""
    for data in (
            framed(b""),                                   # no header: no query, no reply
            framed(b"\0" * 11),
            framed(b"\xff" * 100),                         # a reply: dropped
            (b"\xff\xff" + b"x" * 100),                     # much is to come
            framed(query(9, "one.test.local"))[:-1]):
        connection = dial()
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        assert_closed(connection)
    connection = dial()
    connection.sendall(framed(query(5, "one.test.local")[:-1]))  # the question is cut off
    assert reply(connection)[:2] == (5, 1), "FORMERR"
    connection.sendall(framed(b"") + framed(query(6, "one.test.local")))  # the connection goes on
    assert reply(connection) == (6, 0, 1)
    # Longer than any query that is taken, in one piece with the next, and in pieces: FORMERR, and on it goes.
    large = query(7, "one.test.local")[:10] + b"\0\1" + query(7, "one.test.local")[12:]
    large += b"\0" + struct.pack("!HHIH", 41, 1232, 0, 5000 + 4) + struct.pack("!HH", 12, 5000) + b"\0" * 5000
    for number in range(3):
        connection.sendall(framed(large) + framed(query(8 + number, "one.test.local")))
        assert reply(connection)[:2] == (7, 1), "FORMERR"
        assert reply(connection) == (8 + number, 0, 1)
    largest = framed(large + b"\0" * (65535 - len(large)))
    for at in range(0, len(largest), 9999):
        connection.sendall(largest[at:at + 9999])
    assert reply(connection)[:2] == (7, 1), "FORMERR"
    connection.sendall(framed(query(12, "one.test.local")))
    assert reply(connection) == (12, 0, 1)
    connection.close()
    assert_served()


def resets():
    """Connections that are reset with queries under way."""
    for n in range(50):
        connection = dial()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(b"".join(framed(query(i, f"r{n}-{i}.example")) for i in range(20)))
        connection.close()
    assert_served()


def deaf(count):
    """A client that asks and does not read is not read from for ever, and keeps nobody waiting; once it
    reads, and has said that it will ask no more, it gets a reply to each of its queries."""
    connection = dial()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(2)
    one = framed(query(1, "one.test.local"))
    burst = one * 1000
    sent = 0
    try:
        while sent < int(count) * len(burst):
            sent += connection.send(burst[sent % len(burst):])
        raise AssertionError(f"{sent} bytes of queries were taken")
    except TimeoutError:
        pass
    assert_served()
    connection.settimeout(PATIENCE)
    missing = -sent % len(one)

    def finish():
        connection.sendall(one[len(one) - missing:] if missing else b"")
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=finish)
    sender.start()
    size = len(framed(query(1, "one.test.local"))) + 16  # a record of an address, its name compressed
    replies = (sent + missing) // len(one)
    left = replies * size
    while left:
        more = len(connection.recv(min(left, 1 << 16)))
        assert more, f"{left // size} of {replies} replies are missing"
        left -= more
    sender.join()
    assert_closed(connection)


def refused():
    """Not accepted: closed before anything is answered."""
    connection = dial()
    try:
        connection.sendall(framed(query(1, "one.test.local")))
    except (ConnectionResetError, BrokenPipeError):
        pass
    assert_closed(connection)


def idle():
    """Quiet connections are closed: those that never asked, that asked, that ask half of something."""
    while True:
        silent, asked, slow = dial(), dial(), dial()
        try:
            slow.sendall(framed(query(1, "one.test.local"))[:5])
            asked.sendall(framed(query(1, "one.test.local")))
            assert reply(asked) == (1, 0, 1)
            break
        except (EOFError, OSError):
            pass  # on a busy machine it was idle already
    for connection in (silent, asked, slow):
        assert_closed(connection)


def limit(maximum, own):
    """More connections than there may be: of one client, the new one is closed."""
    held = [dial() for _ in range(int(own))]
    for connection in held:
        connection.sendall(framed(query(1, "one.test.local")))
        assert reply(connection) == (1, 0, 1)
    if int(own) < int(maximum):
        assert_closed(dial())
    else:
        assert_served()  # the oldest has made room
        assert_closed(held[0])
    for connection in held[1:]:
        connection.sendall(framed(query(2, "one.test.local")))
        if connection is not held[0] and int(own) < int(maximum):
            assert reply(connection) == (2, 0, 1)


globals()[sys.argv[2]](*sys.argv[3:])
