# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both ends of what goes through otip_rproxy.

    otip_peer.py serve PORT           servers on [::], one thread; says "serving"
    otip_peer.py TEST ADDRESS PORT..  a client; what is not as it should be ends it with a message

PORT is that of an echo server for TCP and UDP; those after it, for TCP:
    +1  closes at once      +2  reads to the end, then says how much it was, and closes
    +3  resets after the first byte       +4  says what it gets, up to "hello", in hexadecimal
    +5  sends 8 MiB as fast as it may, then closes        +6  reads nothing before 1 s has passed
For UDP: +1  a datagram of as many bytes as the one received says
"""
import hashlib
import resource
import selectors
import socket
import struct
import sys
import time

PATIENCE = 60
RESET = struct.pack("ii", 1, 0)


# --- servers -----------------------------------------------------------------------------------------

def listener(port, kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        sock.listen(1024)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.setblocking(False)
    return sock


class Servers:
    def __init__(self, port):
        self.loop = selectors.DefaultSelector()
        for offset, serve in enumerate((self.echo, None, self.count, self.reset, self.show, self.flood, self.slow)):
            self.listen(listener(port + offset), serve)
        for offset, answer in enumerate((lambda data: data, lambda data: bytes(int(data)))):
            self.datagrams(listener(port + offset, socket.SOCK_DGRAM), answer)

    def run(self):
        print("serving", flush=True)
        while True:
            for key, events in self.loop.select():
                try:
                    key.data(events)
                except OSError:
                    self.end(key.fileobj)

    def end(self, sock):
        self.loop.unregister(sock)
        sock.close()

    def listen(self, sock, serve):
        def ready(_):
            connection, _ = sock.accept()
            connection.setblocking(False)
            if serve is None:
                connection.close()
            else:
                serve(connection)
        self.loop.register(sock, selectors.EVENT_READ, ready)

    def datagrams(self, sock, answer):
        def ready(_):
            data, peer = sock.recvfrom(65536)
            sock.sendto(answer(data), peer)
        self.loop.register(sock, selectors.EVENT_READ, ready)

    def echo(self, sock):
        waiting = bytearray()
        ended = False

        def ready(events):
            nonlocal ended
            if events & selectors.EVENT_READ:
                data = sock.recv(65536)
                waiting.extend(data)
                ended = ended or not data
            if waiting:
                try:
                    del waiting[:sock.send(waiting)]
                except BlockingIOError:
                    pass
            if ended and not waiting:
                self.end(sock)
                return
            read = not ended and len(waiting) < 1 << 18
            self.loop.modify(sock, (selectors.EVENT_READ if read else 0) |
                             (selectors.EVENT_WRITE if waiting else 0), ready)
        self.loop.register(sock, selectors.EVENT_READ, ready)

    def count(self, sock):
        total = 0

        def ready(_):
            nonlocal total
            data = sock.recv(65536)
            total += len(data)
            if not data:
                sock.sendall(b"%d" % total)
                self.end(sock)
        self.loop.register(sock, selectors.EVENT_READ, ready)

    def reset(self, sock):
        def ready(_):
            sock.recv(1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.end(sock)
        self.loop.register(sock, selectors.EVENT_READ, ready)

    def show(self, sock):
        got = bytearray()

        def ready(_):
            data = sock.recv(65536)
            got.extend(data)
            if not data or got.endswith(b"hello\n"):
                sock.sendall(got.hex().encode())
                self.end(sock)
        self.loop.register(sock, selectors.EVENT_READ, ready)

    def flood(self, sock):
        left = 8 << 20

        def ready(_):
            nonlocal left
            left -= sock.send(bytes(min(left, 65536)))
            if left == 0:
                self.end(sock)
        self.loop.register(sock, selectors.EVENT_WRITE, ready)

    def slow(self, sock):
        sock.setblocking(True)
        time.sleep(1)
        sock.settimeout(PATIENCE)
        total = 0
        while data := sock.recv(65536):
            total += len(data)
        sock.sendall(b"%d" % total)
        sock.close()


# --- clients -----------------------------------------------------------------------------------------

def check(condition, text):
    if not condition:
        sys.exit(text)


def connect(address, port):
    sock = socket.create_connection((address, port), timeout=PATIENCE)
    sock.settimeout(PATIENCE)
    return sock


def read_all(sock):
    parts = []
    while data := sock.recv(65536):
        parts.append(data)
    return b"".join(parts)


def pattern(size):
    block = hashlib.sha256(b"otip").digest() * 2048
    return (block * (size // len(block) + 1))[:size]


def both_ways(sock, data):
    """Sends and receives at the same time, as an echo needs it; gives what came back."""
    back = bytearray()
    sent = 0
    sock.setblocking(False)
    loop = selectors.DefaultSelector()
    loop.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
    ended = False
    while not ended:
        ready = loop.select(PATIENCE)
        check(ready, f"nothing moves: {sent} bytes there, {len(back)} back")
        events = ready[0][1]
        if events & selectors.EVENT_READ:
            part = sock.recv(1 << 18)
            back += part
            ended = not part
        if events & selectors.EVENT_WRITE and sent < len(data):
            sent += sock.send(data[sent:sent + (1 << 18)])
            if sent == len(data):
                sock.shutdown(socket.SHUT_WR)
                loop.modify(sock, selectors.EVENT_READ)
    return bytes(back)


def echo(address, port, size):
    data = pattern(int(size))
    with connect(address, port) as sock:
        check(both_ways(sock, data) == data, "what came back is not what was sent")


def closed(address, port):
    """The server closes at once: the client sees an end, and no reset."""
    with connect(address, port) as sock:
        check(sock.recv(1) == b"", "an end is expected")


def half(address, port, size):
    """Our end is passed on, and the answer still comes."""
    with connect(address, port) as sock:
        sock.sendall(pattern(int(size)))
        sock.shutdown(socket.SHUT_WR)
        answer = read_all(sock)
        check(answer == size.encode(), f"{size} bytes were sent, the server got {answer}")


def reset(address, port):
    with connect(address, port) as sock:
        sock.sendall(b"x")
        try:
            data = sock.recv(1)
            sys.exit(f"a reset is expected, not {data}")
        except ConnectionResetError:
            pass


def refused(address, port):
    """Nobody is inside: the connection is reset, soon or at once."""
    try:
        with connect(address, port) as sock:
            data = sock.recv(1)
            sys.exit(f"a reset is expected, not {data}")
    except (ConnectionResetError, ConnectionRefusedError, BrokenPipeError):
        pass


def show(address, port):
    with connect(address, port) as sock:
        sock.sendall(b"hello\n")
        print(sock.getsockname()[1], read_all(sock).decode())


def said(address, port):
    """What a server says to who is silent."""
    with connect(address, port) as sock:
        print(sock.getsockname()[1], read_all(sock).decode())


def abort(address, port):
    """We reset a connection that has bytes under way in both directions."""
    sock = connect(address, port)
    sock.sendall(pattern(1 << 16))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    sock.close()


def late_reader(address, port):
    """A client that reads nothing for a while gets all in the end."""
    with connect(address, port) as sock:
        time.sleep(0.5)
        size = len(read_all(sock))
        check(size == 8 << 20, f"8 MiB are expected, {size} bytes came")


def many(address, port, count):
    """So many connections at once, each with an answer of its own, twice."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(count) + 100,) * 2)
    socks = [connect(address, port) for _ in range(int(count))]
    for turn in range(2):
        for number, sock in enumerate(socks):
            sock.sendall(b"%08d" % (number + turn))
        for number, sock in enumerate(socks):
            data = sock.recv(8, socket.MSG_WAITALL)
            check(data == b"%08d" % (number + turn), f"connection {number} got {data}")
    print("ready", flush=True)
    sys.stdin.readline()


def lines():
    for line in sys.stdin:
        if line == "end\n":
            return
        yield line.strip()


def hold(address, port):
    """A connection for as long as there are lines: each goes there and back."""
    with connect(address, port) as sock:
        print("ready", flush=True)
        for line in lines():
            data = line.encode()
            sock.sendall(data)
            check(sock.recv(len(data), socket.MSG_WAITALL) == data, "what came back is something else")
            print("echoed", line, flush=True)
        sock.shutdown(socket.SHUT_WR)
        check(read_all(sock) == b"", "nothing is expected after the end")
    print("ended", flush=True)


def udp_socket(address, port):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.settimeout(1)
    sock.connect((address, port))
    return sock


def ask(sock, data, tries=PATIENCE):
    """A datagram may be lost: it is sent again."""
    for _ in range(tries):
        sock.send(data)
        try:
            while True:
                answer = sock.recv(65536)
                if answer is not None:
                    return answer
        except (TimeoutError, ConnectionRefusedError):
            pass
    return None


def udp(address, port):
    """Clients are kept apart, and each gets its answers from the address it has asked."""
    socks = [udp_socket(address, port) for _ in range(20)]
    for number, sock in enumerate(socks):
        data = b"client %d" % number
        check(ask(sock, data) == data, f"client {number} got no echo of its own")
    for size in (0, 1, 1000, 1400, 4000, 16000):
        data = pattern(size)
        check(ask(socks[0], data) == data, f"no echo of {size} bytes")


def udp_silent(address, port):
    """Nobody answers."""
    check(ask(udp_socket(address, port), b"hello", 2) is None, "an answer came")


def udp_large(address, port, size):
    """A reply larger than the path is lost or arrives; what comes after it is not kept back."""
    sock = udp_socket(address, port)
    ask(sock, size.encode(), 1)
    for _ in range(PATIENCE):
        answer = ask(sock, b"17", 1)
        if answer is not None and len(answer) == 17:
            return
    sys.exit("no answer after a large one")


def udp_hold(address, port):
    sock = udp_socket(address, port)
    print("ready", flush=True)
    for line in lines():
        check(ask(sock, line.encode()) == line.encode(), "no echo")
        print("echoed", line, flush=True)


def unreachable(address, port):
    """No connection is made, whatever it is that keeps it from being made."""
    try:
        with socket.create_connection((address, port), timeout=1) as sock:
            sock.settimeout(PATIENCE)
            sock.sendall(b"hello")
            check(sock.recv(1) == b"", "a connection was made, and served")
    except OSError:
        pass


def main():
    if sys.argv[1] == "serve":
        Servers(int(sys.argv[2])).run()
        return
    tests = {function.__name__: function for function in (
        echo, closed, half, reset, refused, show, said, abort, late_reader, many, hold, udp, udp_silent,
        udp_large, udp_hold, unreachable)}
    tests[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])


main()
