# SPDX-License-Identifier: LGPL-2.1-or-later
"""One TCP stream of the user-space stack, as fast as it goes, on each kind of wire.

Beside it: our vdestack on the same wire, bare frames or datagrams of that size, the kernel's own
stack through a veth or over loopback.
"""
import json
from contextlib import ExitStack

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Skip, run
from .streams import bare, serve, veth_sides

# Network, MTU, whom beside (the main peer first), the target's text and its limits: (whose, times).
WIRES = [("switch", 1500, ("vdestack", "bare"), ">= 1.5x vdestack or 0.9x bare", (("vdestack", 1.5), ("bare", 0.9))),
         ("ptp", 1500, ("bare", "vdestack"), ">= 0.5x bare", (("bare", 0.5),)),
         ("ptp", 9000, ("veth", "vdestack", "bare"), ">= 1.2x veth", (("veth", 1.2),)),
         ("ptp", 65000, ("veth", "vdestack", "bare"), ">= 1.5x veth", (("veth", 1.5),)),
         ("mem", 1500, ("loopback",), ">= 1x loopback", (("loopback", 1),)),
         ("mem", 65000, ("loopback",), ">= 1x loopback", (("loopback", 1),))]


def _figures(line):
    found = json.loads(line)
    return found["bits_per_second"] / 1e9, found["cpu_per_gigabyte"]


def _between_processes(options, stack, vnl, mtu):
    """Gbit/s, and CPU seconds a gigabyte of both sides."""
    argv = [f"{options.programs}/stream", "server", stack, vnl, str(mtu), options.ours.need("libioth")]
    with ExitStack() as context:
        server = Process(argv, options.ours.env, stdout=-1, text=True)
        context.callback(server.close)
        if not server.popen.stdout.readline().startswith("listening"):
            raise Skip(f"stream, {stack}: no server")
        argv[1] = "client"
        _, sender = _figures(run(argv + [f"{options.seconds:g}"], env=options.ours.env))
        rate, receiver = _figures(server.popen.stdout.readline())
    return rate, sender + receiver


def _between_threads(options, stack, vnl, mtu):
    return _figures(run([f"{options.programs}/stream", "threads", stack, vnl, str(mtu),
                         options.ours.need("libioth"), f"{options.seconds:g}"], env=options.ours.env))


def _through_veth(options, mtu):
    words = f"{options.programs}/stream {{}} kernel - {mtu} {options.ours.need('libioth')}"
    setting = " ".join(f"{name}={value}" for name, value in options.ours.env.items() if "PATH" in name)
    log = f"{options.directory}/stream.log"
    with veth_sides(mtu) as sides:
        for side in sides.values():
            side.check(f"export {setting}")
        serve(sides, words.format("server"), log)
        text = sides["client"].check(f"{words.format('client')} {options.seconds:g}")
        sides["server"].run("wait")
        with open(log, encoding="ascii") as lines:
            rate, receiver = _figures(lines.read().splitlines()[-1])
    return rate, _figures(text)[1] + receiver


class _Wire:
    def __init__(self, name, mtu, beside, target, limits):
        where = {"switch": "vde_switch", "mem": "mem://, two threads"}.get(name, name)
        self.name, self.mtu, self.beside = name, mtu, beside
        key = f"{name}{mtu}"
        self.rate = Figure(f"bulk-{key}", f"TCP stream, {where}, MTU {mtu}", "Gbit/s", True,
                           (beside[0], "picox", *beside[1:])).times_either(target, *limits)
        # What is bare has no processor time of its own.
        first, *others = sorted((who for who in beside if who != "bare"), key=lambda who: who != "vdestack")
        self.cpu = Figure(f"bulk-cpu-{key}", f"processor a gigabyte, {where}, MTU {mtu}", "s/GB",
                          columns=(first, "picox", *others))
        if first == "vdestack":
            self.cpu.times("<= 1x vdestack", ("vdestack", 1))

    def _of(self, options, who):
        """Gbit/s and CPU seconds a gigabyte, if it has any."""
        if who == "loopback":
            return _between_threads(options, "kernel", "-", self.mtu)
        if who == "veth":
            return _through_veth(options, self.mtu)
        if self.name == "mem":
            return _between_threads(options, who, "mem://bench", self.mtu)
        with BY_NAME[self.name](options.directory) as vnl:
            if who == "bare":
                program, where = ("frames", vnl) if self.name == "switch" else ("datagrams", options.directory)
                return bare(options, program, where, self.mtu + 14), None
            return _between_processes(options, who, vnl, self.mtu)

    def measure(self, options):
        for who in self.rate.columns:
            try:
                rate, cpu = self._of(options, who)
            except Skip as error:
                for figure in (self.rate, self.cpu):
                    if who in figure.columns:
                        figure.skip(who, str(error))
                continue
            self.rate.add(who, rate)
            if cpu is not None:
                self.cpu.add(who, cpu)


def measure_bulk(options, _):
    wires = [_Wire(*wire) for wire in WIRES]
    for _ in range(options.repetitions):
        for wire in wires:
            wire.measure(options)
    return [figure for wire in wires for figure in (wire.rate, wire.cpu)]
