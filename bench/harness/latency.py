# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long the user-space stack's calls take: TCP round trips, connections, bursts of datagrams.

Beside it: the kernel's TCP over a veth, namespace stacks, and what the frames alone would take.
"""
import os
from contextlib import ExitStack

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Skip, run
from .sockets import _lines
from .streams import _serve, veth_sides

BUSY = "picox,busy_poll=1000"
COLUMNS = ("veth", "picox", "bare")


def _of(figure, who, factor=1):
    return lambda: [v * factor for v in figure.samples.get(who, [])]


def _figure(key, title, unit, target=None, limits=None, columns=COLUMNS, higher=False):
    """`limits` is a number, or (who, factor)."""
    figure = Figure(key, title, unit, higher_is_better=higher, columns=columns)
    if isinstance(limits, tuple):
        figure.target(target, _of(figure, "picox"), _of(figure, *limits))
    elif limits is not None:
        figure.target(target, _of(figure, "picox"),
                      lambda: [limits] * len(figure.samples.get("picox", [])))
    return figure


class _Tcp:
    """The program `tcp`, between two ends of any kind."""

    def __init__(self, options, ours):
        self.options, self.ours = options, ours
        self.program = f"{options.programs}/tcp"
        self.seconds = f"{max(options.seconds / 5, 0.2):g}"

    def _figure_of(self, text):
        found = _lines(text)
        try:
            return found["rtt_ns"] / 1e3 if "rtt_ns" in found else found["connects_per_second"]
        except KeyError as error:
            raise Skip("tcp: no figure") from error

    def bare(self, place):
        return self._figure_of(run([self.program, "bare", place, self.seconds], timeout=20))

    def pair(self, what, place, stack):
        """Two threads, on a network in memory."""
        return self._figure_of(run([self.program, "pair", what, place, self.seconds, "mem://bench",
                                    stack, self.ours.need("libioth")], env=self.ours.env,
                                   timeout=20))

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
                                        "10.0.0.1", *end], env=self.ours.env, timeout=20))

    def veth(self, what, place):
        with veth_sides() as sides:
            log = f"{self.options.directory}/tcp.log"
            _serve(sides, f"{self.program} serve {place} 10.0.0.1", log)
            text = sides["client"].check(
                f"{self.program} {what} {place} {self.seconds} 10.0.0.2 10.0.0.1", 20)
            os.unlink(log)
            return self._figure_of(text)

    def bursts(self, stack):
        found = _lines(run([f"{self.options.programs}/udp", "bursts", "two", self.seconds,
                            "mem://bench", stack, self.ours.need("libioth")], env=self.ours.env,
                           timeout=20))
        return found["per_second"] / 1e6


def _rows(tcp):
    """Figures, and what gives each of their samples."""
    for place, where in (("one", "one CPU"), ("two", "two CPUs")):
        yield (_figure(f"tcp-rtt-{place}", f"TCP round trip of a byte, ptp, {where}", "us",
                       "<= 1.3x bare", ("bare", 1.3)),
               {"bare": lambda place=place: tcp.bare(place),
                "veth": lambda place=place: tcp.veth("roundtrip", place),
                "picox": lambda place=place: tcp.stacks("roundtrip", place, "ptp", "picox")})
    rtt = _figure("tcp-rtt", "  as the scheduler likes", "us", "<= veth", ("veth", 1))
    yield rtt, {"veth": lambda: tcp.veth("roundtrip", "any"),
                "bare": lambda: tcp.bare("any"),
                "picox": lambda: tcp.stacks("roundtrip", "any", "ptp", "picox")}
    yield (_figure("tcp-busy", "  busy polling, two CPUs", "us", "<= 12 us", 12),
           {"picox": lambda: tcp.stacks("roundtrip", "two", "ptp", BUSY)})
    yield (_figure("tcp-busy-mem", "  busy polling, two threads over mem://", "us", "<= 3 us", 3),
           {"picox": lambda: tcp.pair("roundtrip", "two", BUSY)})
    yield (_figure("connects-ptp", "TCP connections a second, ptp", "1/s", ">= 1x veth",
                   ("veth", 1), higher=True),
           {"veth": lambda: tcp.veth("connects", "any"),
            "picox": lambda: tcp.stacks("connects", "any", "ptp", "picox")})
    yield (_figure("connects-switch", "  vde_switch", "1/s", ">= 1.5x vdestack",
                   ("vdestack", 1.5), ("vdestack", "picox", "bare"), higher=True),
           {"vdestack": lambda: tcp.stacks("connects", "any", "switch", "vdestack"),
            "picox": lambda: tcp.stacks("connects", "any", "switch", "picox")})
    for stack, how in (("picox", ""), (BUSY, ", busy polling")):
        yield (_figure(f"bursts-{len(how)}", f"UDP of 64 bytes, sendmmsg, mem://{how}", "10^6/s",
                       ">= 2 million", 2, higher=True),
               {"picox": lambda stack=stack: tcp.bursts(stack)})


def measure_latency(options, impls):
    ours = [impl for impl in impls if impl.name == "ours"]
    if not ours:
        return []
    rows = list(_rows(_Tcp(options, ours[0])))
    for _ in range(options.repetitions):
        for figure, sources in rows:
            for who, source in sources.items():
                try:
                    figure.add(who, source())
                except Skip as error:
                    figure.skip(who, str(error))
    return [figure for figure, _ in rows]
