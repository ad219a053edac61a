# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long the user-space stack's calls take: TCP round trips, connections, bursts of datagrams.

Beside it: the kernel's TCP over a veth, namespace stacks, and what the frames alone would take.
"""
import os
from contextlib import ExitStack

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Skip, run
from .picox import ALONE, BUSY
from .sockets import lines
from .streams import serve, veth_sides

COLUMNS = ("veth", "picox", "bare")


class _Tcp:
    """The program `tcp`, between two ends of any kind."""

    def __init__(self, options):
        self.options, self.ours = options, options.ours
        self.program = f"{options.programs}/tcp"
        self.seconds = f"{max(options.seconds / 5, 0.05):g}"

    def _figure_of(self, text):
        found = lines(text)
        try:
            return found["rtt_ns"] / 1e3 if "rtt_ns" in found else found["connects_per_second"]
        except KeyError as error:
            raise Skip("tcp: no figure") from error

    def bare(self, place):
        return self._figure_of(run([self.program, "bare", place, self.seconds]))

    def pair(self, what, place, stack):
        """Two threads, on a network in memory."""
        return self._figure_of(run([self.program, "pair", what, place, self.seconds, "mem://bench",
                                    stack, self.ours.need("libioth")], env=self.ours.env))

    def stacks(self, what, place, name, stack):
        """Two processes, each with a stack, on a network of this name."""
        with BY_NAME[name](self.options.directory) as vnl, ExitStack() as context:
            end = [vnl, stack, self.ours.need("libioth")]
            server = Process([self.program, "serve", place, "10.0.0.1", *end], self.ours.env,
                             stdout=-1, text=True)
            context.callback(server.close)
            if not server.popen.stdout.readline().startswith("listening"):
                raise Skip(f"tcp serve {stack}: ended early")
            return self._figure_of(run([self.program, what, place, self.seconds, "10.0.0.2",
                                        "10.0.0.1", *end], env=self.ours.env))

    def veth(self, what, place):
        with veth_sides() as sides:
            log = f"{self.options.directory}/tcp.log"
            serve(sides, f"{self.program} serve {place} 10.0.0.1", log)
            text = sides["client"].check(
                f"{self.program} {what} {place} {self.seconds} 10.0.0.2 10.0.0.1")
            os.unlink(log)
            return self._figure_of(text)

    def bursts(self, stack):
        found = lines(run([f"{self.options.programs}/udp", "bursts", "two", self.seconds,
                            "mem://bench", stack, self.ours.need("libioth")], env=self.ours.env))
        return found["per_second"] / 1e6


def _rows(tcp):
    """Figures, and what gives each of their samples."""
    for place, where in (("one", "one processor"), ("two", "two processors"), ("any", "as the scheduler likes")):
        figure = Figure(f"tcp-rtt-{place}", f"TCP round trip of a byte, ptp, {where}", "us", columns=COLUMNS)
        if place == "any":
            figure.times("<= 1x veth", ("veth", 1))
        else:
            figure.times("<= 1.3x bare, 1x veth", ("bare", 1.3), ("veth", 1))
        yield figure, {"bare": lambda place=place: tcp.bare(place),
                       "veth": lambda place=place: tcp.veth("roundtrip", place),
                       "picox": lambda place=place: tcp.stacks("roundtrip", place, "ptp", "picox")}
    yield (Figure("tcp-busy", "TCP round trip, busy polling, ptp", "us", columns=ALONE).fixed("<= 12 us", 12),
           {"picox": lambda: tcp.stacks("roundtrip", "two", "ptp", BUSY)})
    yield (Figure("tcp-busy-mem", "TCP round trip, busy polling, mem://", "us", columns=ALONE).fixed("<= 3 us", 3),
           {"picox": lambda: tcp.pair("roundtrip", "two", BUSY)})
    yield (Figure("connects-ptp", "connect, accept, close, ptp", "1/s", True, ("veth", "picox"))
           .times(">= 1x veth", ("veth", 1)),
           {"veth": lambda: tcp.veth("connects", "any"),
            "picox": lambda: tcp.stacks("connects", "any", "ptp", "picox")})
    yield (Figure("connects-switch", "connect, accept, close, vde_switch", "1/s", True, ("vdestack", "picox"))
           .times(">= 1.5x vdestack", ("vdestack", 1.5)),
           {"vdestack": lambda: tcp.stacks("connects", "any", "switch", "vdestack"),
            "picox": lambda: tcp.stacks("connects", "any", "switch", "picox")})
    for stack, how in (("picox", ""), (BUSY, ", busy polling")):
        yield (Figure(f"bursts-{len(how)}", f"UDP of 64 bytes, sendmmsg, mem://{how}", "10^6/s", True, ALONE)
               .fixed(">= 2 million", 2), {"picox": lambda stack=stack: tcp.bursts(stack)})


def measure_latency(options, _):
    rows = list(_rows(_Tcp(options)))
    for _ in range(options.repetitions):
        for figure, sources in rows:
            for who, source in sources.items():
                try:
                    figure.add(who, source())
                except Skip as error:
                    figure.skip(who, str(error))
    return [figure for figure, _ in rows]
