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
from .streams import veth_sides

BESIDE_VDESTACK = ("vdestack", "picox", "bare")
BESIDE_KERNEL = ("kernel", "picox", "bare")
# Network, MTU, with vdestack?, the target's text and its limits: (whose, times).
WIRES = [("switch", 1500, True, ">= 1.5x vdestack or 0.9x bare", (("vdestack", 1.5), ("bare", 0.9))),
         ("ptp", 1500, True, ">= 0.5x bare", (("bare", 0.5),)),
         ("ptp", 9000, True, ">= 1.2x veth", (("kernel", 1.2),)),
         ("ptp", 65000, False, ">= 1.5x veth", (("kernel", 1.5),)),
         ("mem", 1500, False, ">= 1x loopback", (("kernel", 1),)),
         ("mem", 65000, False, ">= 1x loopback", (("kernel", 1),))]


def _figures(line):
    found = json.loads(line)
    return found["bits_per_second"] / 1e9, found["cpu_per_gigabyte"]


def _between_processes(options, impl, stack, vnl, mtu):
    """Gbit/s, and CPU seconds a gigabyte of both sides."""
    argv = [f"{options.programs}/stream", "server", stack, vnl, str(mtu), impl.need("libioth")]
    with ExitStack() as context:
        server = Process(argv, impl.env, stdout=-1, text=True)
        context.callback(server.close)
        if not server.popen.stdout.readline().startswith("listening"):
            raise Skip(f"stream, {stack}: no server")
        argv[1] = "client"
        _, sender = _figures(run(argv + [f"{options.seconds:g}"], env=impl.env))
        rate, receiver = _figures(server.popen.stdout.readline())
    return rate, sender + receiver


def _between_threads(options, impl, stack, vnl, mtu):
    return _figures(run([f"{options.programs}/stream", "threads", stack, vnl, str(mtu),
                         impl.need("libioth"), f"{options.seconds:g}"], env=impl.env))


def _through_veth(options, impl, mtu):
    words = f"{options.programs}/stream {{}} kernel - {mtu} {impl.need('libioth')}"
    setting = " ".join(f"{name}={value}" for name, value in impl.env.items() if "PATH" in name)
    log = f"{options.directory}/stream.log"
    with veth_sides() as sides:
        for side in sides.values():
            side.check(f"ip link set vde0 mtu {mtu}; export {setting}")
        sides["server"].check(f"{words.format('server')} >{log} 2>&1 &")
        sides["server"].check(f"until grep -q listening {log}; do sleep 0.01; done")
        text = sides["client"].check(f"{words.format('client')} {options.seconds:g}")
        sides["server"].run("wait")
        with open(log, encoding="ascii") as lines:
            rate, receiver = _figures(lines.read().splitlines()[-1])
    return rate, _figures(text)[1] + receiver


def _bare(options, name, vnl, mtu):
    seconds = f"{options.seconds / 3:g}"
    argv = [f"{options.programs}/datagrams", options.directory, str(mtu + 14), seconds]
    if name == "switch":
        argv = [f"{options.programs}/frames", vnl, str(mtu + 14), seconds]
    return json.loads(run(argv))["bits_per_second"] / 1e9, None


class _Wire:
    def __init__(self, name, mtu, with_vdestack, target, limits):
        where = {"switch": "vde_switch", "mem": "mem://, two threads"}.get(name, name)
        self.name, self.mtu, self.with_vdestack, self.limits = name, mtu, with_vdestack, limits
        key = f"{name}{mtu}"
        beside_kernel = any(who == "kernel" for who, _ in limits)
        self.rate = Figure(f"bulk-{key}", f"TCP stream, {where}, MTU {mtu}", "Gbit/s",
                           higher_is_better=True,
                           columns=BESIDE_KERNEL if beside_kernel else BESIDE_VDESTACK)
        self.cpu = Figure(f"bulk-cpu-{key}", f"CPU a gigabyte, {where}, MTU {mtu}", "s/GB",
                          columns=BESIDE_VDESTACK if with_vdestack else BESIDE_KERNEL)
        self.rate.target(target, lambda: self.rate.samples.get("picox", []), self._least)
        if with_vdestack:
            self.cpu.target("<= vdestack", lambda: self.cpu.samples.get("picox", []),
                            lambda: self.cpu.samples.get("vdestack", []))

    def _least(self):
        """Of the limits, repetition by repetition, the lowest."""
        scaled = [[v * factor for v in self.rate.samples.get(who, [])]
                  for who, factor in self.limits]
        return [min(values) for values in zip(*scaled)]

    def _add(self, who, measure):
        try:
            rate, cpu = measure()
        except Skip as error:
            self.rate.skip(who, str(error))
            return
        self.rate.add(who, rate)
        if cpu is not None:
            self.cpu.add(who, cpu)

    def _with_network(self, options, measure):
        with BY_NAME[self.name](options.directory) as vnl:
            return measure(vnl)

    def measure(self, options, impl):
        if self.name == "mem":
            self._add("kernel", lambda: _between_threads(options, impl, "kernel", "-", self.mtu))
            self._add("picox", lambda: _between_threads(options, impl, "picox", "mem://bench",
                                                        self.mtu))
            return
        for stack in ("vdestack", "picox") if self.with_vdestack else ("picox",):
            self._add(stack, lambda: self._with_network(options, lambda vnl: _between_processes(
                options, impl, stack, vnl, self.mtu)))
        self._add("bare", lambda: self._with_network(
            options, lambda vnl: _bare(options, self.name, vnl, self.mtu)))
        if self.rate.columns == BESIDE_KERNEL:
            self._add("kernel", lambda: _through_veth(options, impl, self.mtu))


def measure_bulk(options, impls):
    ours = [impl for impl in impls if impl.name == "ours"]
    if not ours:
        return []
    wires = [_Wire(*wire) for wire in WIRES]
    for _ in range(options.repetitions):
        for wire in wires:
            wire.measure(options, ours[0])
    return [figure for wire in wires for figure in (wire.rate, wire.cpu)]
