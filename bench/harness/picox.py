# SPDX-License-Identifier: LGPL-2.1-or-later
"""The user-space stack beside the namespace stack and bare datagrams, and many of them.

Where two processes talk, it matters whether the scheduler has them on one processor or on two: a
wake-up on another processor costs twenty times as much as a switch. So the round trip over a cable
is measured with both on one, with one on each, and as the scheduler likes ("any").
"""
import json
from contextlib import ExitStack

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Shell, Skip, run
from .sockets import _lines

COLUMNS = ("vdestack", "picox", "bare")
PLACES = {"any": "", "one": ", one CPU", "two": ", two CPUs"}
BUSY = "picox,busy_poll=1000"
STACKS = 10000
SAMPLED = 200


def _udp(options, ours, what, place, vnl=None, stack=None):
    """One figure of the program `udp`; without `vnl` the bare one."""
    argv = [f"{options.programs}/udp", what, place, f"{max(options.seconds / 5, 0.2):g}"]
    argv += [vnl, stack, ours.need("libioth")] if vnl else ["bare"]
    found = _lines(run(argv, env=ours.env, timeout=20))
    try:
        return found["rtt_ns"] / 1e3 if what == "roundtrip" else found["per_second"] / 1e3
    except KeyError as error:
        raise Skip(f"udp {what} {stack or 'bare'}: no figure") from error


def _of(figure, who, factor=1):
    return lambda: [v * factor for v in figure.samples.get(who, [])]


class _Udp:
    """The figures of one network and place."""

    def __init__(self, name, place):
        where = f"{name}{PLACES[place]}"
        key = f"{name}-{place}"
        self.place = place
        self.rtt = Figure(f"udp-rtt-{key}", f"UDP round trip, {where}", "us", columns=COLUMNS)
        self.busy = Figure(f"udp-busy-{key}", "  busy polling", "us", columns=COLUMNS)
        self.rate = Figure(f"udp-rate-{key}", f"UDP of 64 bytes, {where}", "1000/s",
                           higher_is_better=True, columns=COLUMNS)
        if place == "any":
            self.rtt.target("<= vdestack / 1.5", _of(self.rtt, "picox"),
                            _of(self.rtt, "vdestack", 1 / 1.5))
            self.rate.target(">= 1.5x vdestack", _of(self.rate, "picox"),
                             _of(self.rate, "vdestack", 1.5))
        else:
            self.rtt.target("<= 1.3x bare", _of(self.rtt, "picox"), _of(self.rtt, "bare", 1.3))
            if place == "two":
                self.busy.target("<= 0.3x blocking", _of(self.busy, "picox"),
                                 _of(self.rtt, "picox", 0.3))

    def all(self):
        return [self.rtt] + ([self.busy] if self.place == "two" else []) + \
               ([self.rate] if self.place == "any" else [])

    def measure(self, options, ours, network):
        """All figures once; `network` gives a fresh network as a context."""
        jobs = [(self.rtt, "bare", "roundtrip", None), (self.rtt, "vdestack", "roundtrip", "vdestack"),
                (self.rtt, "picox", "roundtrip", "picox"), (self.busy, "picox", "roundtrip", BUSY),
                (self.rate, "bare", "rate", None), (self.rate, "vdestack", "rate", "vdestack"),
                (self.rate, "picox", "rate", "picox")]
        for figure, who, what, stack in jobs:
            if figure not in self.all():
                continue
            try:
                if stack is None:
                    figure.add(who, _udp(options, ours, what, self.place))
                    continue
                with network(options.directory) as vnl:
                    figure.add(who, _udp(options, ours, what, self.place, vnl, stack))
            except Skip as error:
                figure.skip(who, str(error))


def measure_udp(options, ours):
    figures = []
    for name, place in [("ptp", place) for place in PLACES] + [("switch", "any")]:
        found = _Udp(name, place)
        for _ in range(options.repetitions):
            found.measure(options, ours, BY_NAME[name])
        figures += found.all()
    return figures


def _one(key, title, unit, target=None, limit=None):
    figure = Figure(key, title, unit, columns=COLUMNS)
    if target:
        figure.target(target, _of(figure, "picox"),
                      lambda: [limit] * len(figure.samples.get("picox", [])))
    return figure


def measure_stacks(options):
    """Making them, one by one and many; what they cost when nothing happens."""
    create = _one("px-create", "stack on mem://: make, address, delete", "us", "< 50 us", 50)
    size = _one("px-bytes", "  memory of an idle one", "KiB", "<= 8 KiB", 8)
    threads = _one("px-threads", f"  threads of {STACKS}", "", "<= 2", 2)
    idle = _one("px-idle", "  their wake-ups in a second without traffic", "", "0", 0)
    program = f"{options.programs}/picox_stacks"
    for _ in range(options.makings):
        try:
            found = _lines(run([program, "make", str(STACKS)]))
            create.add("picox", found["create_delete_ns"] / 1e3)
            size.add("picox", found["bytes_each"] / 1024)
            threads.add("picox", found["pollers"])
        except Skip as error:
            for figure in (create, size, threads):
                figure.skip("picox", str(error))
    try:
        idle.add("picox", _lines(run([program, "idle", "100", "1"], timeout=90))["wakeups"])
    except Skip as error:
        idle.skip("picox", str(error))
    return [create, size, threads, idle]


def _sample(ours, vnl):
    """How many of SAMPLED stacks answer a ping from a vdens."""
    with ExitStack() as stack:
        side = Shell([ours.need("vdens"), vnl, "/bin/sh"], ours.env)
        stack.callback(side.close)
        side.check("ip addr add 10.255.255.2/8 dev vde0 && ip link set vde0 up")
        hosts = " ".join(f"10.0.{n >> 8}.{n & 255}"
                         for n in range(1, STACKS + 1, STACKS // SAMPLED))
        text = side.check(f"n=0; for a in {hosts}; do ping -q -c 1 -W 5 $a >/dev/null && n=$((n+1));"
                          " done; echo $n", 120)
        return int(text.split()[-1])


def measure_network(options, ours):
    """STACKS stacks on one network in memory that has an uplink to a switch."""
    create = _one("px-network", f"{STACKS} stacks on mem:// with an uplink, made in", "s", "< 2 s", 2)
    answers = _one("px-answers", "  that answer a ping from mem://", "", f"all {STACKS}", STACKS)
    time = _one("px-ping", "  time of such a ping", "us")
    sampled = _one("px-sampled", "  of a sample, from a vdens", "", f"all {SAMPLED}", SAMPLED)
    threads = _one("px-network-threads", "  threads", "", "<= 2", 2)
    answers.higher_is_better = sampled.higher_is_better = True
    figures = [create, answers, time, sampled, threads]
    try:
        with BY_NAME["switch"](options.directory) as vnl, ExitStack() as stack:
            process = Process([f"{options.programs}/picox_stacks", "network", str(STACKS), vnl],
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
            sampled.add("picox", _sample(ours, vnl))
    except Skip as error:
        for figure in figures:
            if "picox" not in figure.samples:
                figure.skip("picox", str(error))
    return figures


def measure_picox(options, impls):
    ours = [impl for impl in impls if impl.name == "ours"]
    if not ours:
        return []
    return measure_udp(options, ours[0]) + measure_stacks(options) + \
        measure_network(options, ours[0])
