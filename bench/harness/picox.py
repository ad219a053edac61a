# SPDX-License-Identifier: LGPL-2.1-or-later
"""The user-space stack beside the namespace stack and bare datagrams: UDP; and many stacks.

Where two processes talk, it matters whether the scheduler has them on one processor or on two: a
wake-up on another processor costs twenty times as much as a switch. So the round trip over a cable
is measured with both on one, with one on each, and as the scheduler likes ("any").
"""
import json
from contextlib import ExitStack

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Shell, Skip, run
from .sockets import lines

COLUMNS = ("vdestack", "picox", "bare")
ALONE = ("", "picox")
PLACES = {"any": "", "one": ", one processor", "two": ", two processors"}
BUSY = "picox,busy_poll=1000"
SLEEPS = "sleeping (spin=0)"


def _udp(options, what, place, vnl=None, stack=None):
    """One figure of the program `udp`; without `vnl` the bare one."""
    argv = [f"{options.programs}/udp", what, place, f"{max(options.seconds / 5, 0.05):g}"]
    argv += [vnl, stack, options.ours.need("libioth")] if vnl else ["bare"]
    found = lines(run(argv, env=options.ours.env))
    try:
        return found["rtt_ns"] / 1e3 if what == "roundtrip" else found["per_second"] / 1e3
    except KeyError as error:
        raise Skip(f"udp {what} {stack or 'bare'}: no figure") from error


class _Udp:
    """The figures of one network and place, and what gives each of their samples."""

    def __init__(self, name, place):
        where = {"switch": "vde_switch"}.get(name, name) + PLACES[place]
        key = f"{name}-{place}"
        self.name, self.place = name, place
        rtt = Figure(f"udp-rtt-{key}", f"UDP round trip, {where}", "us", columns=COLUMNS)
        self.jobs = [(rtt, "bare", "roundtrip", None), (rtt, "vdestack", "roundtrip", "vdestack"),
                     (rtt, "picox", "roundtrip", "picox")]
        self.figures = [rtt]
        if place == "any":
            rtt.times("<= 0.67x vdestack", ("vdestack", 1 / 1.5))
            rate = Figure(f"udp-rate-{key}", f"UDP of 64 bytes, {where}", "1000/s", True, COLUMNS)
            rate.times(">= 1.5x vdestack", ("vdestack", 1.5))
            self.jobs += [(rate, "bare", "rate", None), (rate, "vdestack", "rate", "vdestack"),
                          (rate, "picox", "rate", "picox")]
            self.figures.append(rate)
        else:
            rtt.times("<= 1.3x bare", ("bare", 1.3))
        if place == "two":
            busy = Figure(f"udp-busy-{key}", f"UDP round trip, busy polling, {where}", "us", columns=(SLEEPS, "picox"))
            busy.times("<= 0.3x sleeping", (SLEEPS, 0.3))
            self.jobs += [(busy, SLEEPS, "roundtrip", "picox,spin=0"), (busy, "picox", "roundtrip", BUSY)]
            self.figures.append(busy)

    def measure(self, options):
        for figure, who, what, stack in self.jobs:
            try:
                if stack is None:
                    figure.add(who, _udp(options, what, self.place))
                    continue
                with BY_NAME[self.name](options.directory) as vnl:
                    figure.add(who, _udp(options, what, self.place, vnl, stack))
            except Skip as error:
                figure.skip(who, str(error))


def measure_udp(options, _):
    figures = []
    for name, place in [("ptp", place) for place in PLACES] + [("switch", "any")]:
        found = _Udp(name, place)
        for _ in range(options.repetitions):
            found.measure(options)
        figures += found.figures
    return figures


def alone(key, title, unit, higher=False):
    return Figure(key, title, unit, higher, ALONE)


def measure_stacks(options, _):
    """Making them, one by one and many; what they cost when nothing happens."""
    create = alone("px-create", "stack on mem://: make, address, delete", "us").fixed("<= 50 us", 50)
    size = alone("px-bytes", "memory of an idle stack", "KiB").fixed("<= 8 KiB", 8)
    threads = alone("px-threads", "threads of 10,000 idle stacks", "").fixed("<= 2", 2)
    idle = alone("px-idle", "wake-ups of 100 idle stacks in a second", "").fixed("0", 0)
    program = f"{options.programs}/picox_stacks"
    for _ in range(options.makings):
        try:
            found = lines(run([program, "make", str(options.many)]))
            create.add("picox", found["create_delete_ns"] / 1e3)
            size.add("picox", found["bytes_each"] / 1024)
            threads.add("picox", found["pollers"])
        except Skip as error:
            for figure in (create, size, threads):
                figure.skip("picox", str(error))
    try:
        idle.add("picox", lines(run([program, "idle", "100", f"{min(options.seconds, 1):g}"], timeout=90))["wakeups"])
    except Skip as error:
        idle.skip("picox", str(error))
    return [create, size, threads, idle]


def _sample(options, vnl):
    """How many of a sample of stacks answer a ping from a vdens."""
    with ExitStack() as stack:
        side = Shell([options.ours.need("vdens"), vnl, "/bin/sh"], options.ours.env)
        stack.callback(side.close)
        side.check("ip addr add 10.255.255.2/8 dev vde0 && ip link set vde0 up")
        hosts = " ".join(f"10.0.{n >> 8}.{n & 255}"
                         for n in range(1, options.many + 1, options.many // options.sampled))
        text = side.check(f"n=0; for a in {hosts}; do ping -q -c 1 -W 5 $a >/dev/null && n=$((n+1));"
                          " done; echo $n", 120)
        return int(text.split()[-1])


def measure_network(options, _):
    """Stacks on one network in memory that has an uplink to a switch."""
    many, sample = options.many, options.sampled
    create = alone("px-network", "10,000 stacks with an uplink made in", "s").fixed("<= 2 s", 2)
    answers = alone("px-answers", "stacks that answer a ping from mem://", "", True).fixed(f"all {many:,}", many)
    time = alone("px-ping", "ping among 10,000 stacks", "us")
    sampled = alone("px-sampled", "stacks that answer a vdens, of a sample", "", True).fixed(f"all {sample}", sample)
    threads = alone("px-network-threads", "threads of 10,000 stacks with an uplink", "").fixed("<= 2", 2)
    figures = [create, answers, time, sampled, threads]
    try:
        with BY_NAME["switch"](options.directory) as vnl, ExitStack() as stack:
            process = Process([f"{options.programs}/picox_stacks", "network", str(many), vnl],
                              stdout=-1, text=True)
            stack.callback(process.close)
            found = {}
            for line in process.popen.stdout:
                if line.startswith("ready"):
                    break
                found.update(json.loads(line))
            if "answered" not in found:
                raise Skip("picox_stacks network: ended early")
            create.add("picox", found["network_create_ns"] / 1e9)
            answers.add("picox", found["answered"])
            time.add("picox", found["ping_ns"] / 1e3)
            threads.add("picox", found["pollers"])
            sampled.add("picox", _sample(options, vnl))
    except Skip as error:
        for figure in figures:
            if "picox" not in figure.samples:
                figure.skip("picox", str(error))
    return figures
