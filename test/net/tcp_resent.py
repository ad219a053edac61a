#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a node sent twice, and why: reads the capture that a stack has made of itself (pcap=).

Usage: tcp_resent.py FILE PORT [lossless]

PORT is the node's, or, negative, its peer's. A timer may expire because the machine lets the other side wait,
so that on a path that loses nothing something is sent again: that is right. What can never be right:
- to send a segment again sooner than the fastest answer ever came, since nothing can be known about it yet
  (the last one is a probe's, whose timer may have begun with the one before: RFC 8985, 7.2);
- `lossless`: to report a hole (SACK), since there was none.
Prints each finding, a line of numbers at the end; status 1 if there was one.
"""
import subprocess
import sys

FIELDS = ('frame.time_epoch', 'tcp.stream', 'tcp.srcport', 'tcp.seq', 'tcp.len', 'tcp.flags', 'tcp.ack',
          'tcp.options.sack_le')
SYN, FIN, ACK = 2, 1, 16


class Stream:
    """What the node has sent: the times of segments that wait for their acknowledgement."""

    def __init__(self):
        self.sent = {}          # sequence number -> end, time, count
        self.end = 0
        self.resent = []        # frames' ages
        self.round_trips = []

    def send(self, now, seq, length):
        if not length:
            return
        if seq in self.sent and seq < self.end:
            _, before, count = self.sent[seq]
            self.resent.append((now - before, now, seq, seq + length == self.end))
            self.sent[seq] = seq + length, now, count + 1
        else:
            self.sent[seq] = seq + length, now, 1
        self.end = max(self.end, seq + length)

    def acknowledged(self, now, ack):
        for seq, (end, time, count) in list(self.sent.items()):
            if end > ack:
                break
            if count == 1:
                self.round_trips.append(now - time)
            del self.sent[seq]


def main(path, port, lossless):
    streams, findings = {}, 0
    command = ['tshark', '-r', path, '-Y', 'tcp']
    for field in FIELDS:
        command += ['-e', field]
    lines = subprocess.run(command + ['-T', 'fields', '-E', 'occurrence=a'], capture_output=True, text=True,
                           check=False).stdout
    for line in lines.splitlines():
        time, stream, source, seq, length, flags, ack, sack = line.split('\t')
        now, flags, length = float(time), int(flags, 16), int(length)
        length += bool(flags & (SYN | FIN))
        ours = int(source) == port if port > 0 else int(source) != -port
        stream = streams.setdefault(stream, Stream())
        if ours:
            stream.send(now, int(seq), length)
        elif flags & ACK:
            stream.acknowledged(now, int(ack))
        if ours and lossless and any(int(edge) > int(ack) for edge in sack.split(',') if edge):
            print(f'{now:.6f}: a hole is reported: acknowledged {ack}, received {sack}')
            findings += 1
    resent = 0
    for stream in streams.values():
        fastest = min(stream.round_trips, default=0)
        resent += len(stream.resent)
        for age, now, seq, last in stream.resent:
            if age < fastest and not last:
                print(f'{now:.6f}: {seq} is sent again after {age * 1e6:.0f} us; no answer took less than '
                      f'{fastest * 1e6:.0f}')
                findings += 1
    print(f'{len(streams)} connections, {resent} segments sent again, {findings} without a reason')
    return 1 if findings or not streams else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], int(sys.argv[2]), 'lossless' in sys.argv[3:]))
