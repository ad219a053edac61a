# SPDX-License-Identifier: LGPL-2.1-or-later
"""One TCP stream and round trips between two vdens, and between two namespaces joined by a veth."""
import json
import os
from contextlib import ExitStack, contextmanager

from .figures import Figure
from .networks import BY_NAME
from .processes import Shell, Skip, run, wait_for

THEIRS = "Debian's"
ADDRESS = {"server": "10.0.0.1", "client": "10.0.0.2"}
SETTINGS = [("ptp", 1500), ("hub", 1500), ("switch", 1500), ("ptp", 9000)]


@contextmanager
def vdens_sides(impl, vnl, mtu, ports):
    """Two shells, each in a vdens of its own on the network."""
    vdens = impl.need("vdens")
    with ExitStack() as stack:
        sides = {}
        for name, address in ADDRESS.items():
            side = Shell([vdens, vnl, "/bin/sh"], impl.env)
            stack.callback(side.close)
            status, text = side.run("ip -d link show vde0")
            if status != 0:
                raise Skip(f"{impl.name}: vdens has no interface (is /dev/net/tun usable?)")
            ports[impl.name] = "tap" if "tun " in text else "veth" if "veth" in text else "other"
            side.check(f"ip link set lo up && ip link set vde0 mtu {mtu} &&"
                       f" ip addr add {address}/24 dev vde0 && ip link set vde0 up")
            sides[name] = side
        yield sides


@contextmanager
def veth_sides(mtu=1500):
    """Two shells in network namespaces of one user namespace, a veth between."""
    with ExitStack() as stack:
        server = Shell(["unshare", "--user", "--map-root-user", "--net", "/bin/sh"])
        stack.callback(server.close)
        server_pid = int(server.check("echo $$"))
        client = Shell(["nsenter", "--target", str(server_pid), "--user", "--preserve-credentials",
                        "unshare", "--net", "/bin/sh"])
        stack.callback(client.close)
        client_pid = int(client.check("echo $$"))
        server.check(f"ip link add vde0 type veth peer name vde0 netns {client_pid}")
        sides = {"server": server, "client": client}
        for name, side in sides.items():
            side.check(f"ip link set lo up && ip link set vde0 mtu {mtu} &&"
                       f" ip addr add {ADDRESS[name]}/24 dev vde0 && ip link set vde0 up")
        yield sides


def serve(sides, command, log):
    """Starts a server in the background; returns when it listens."""
    sides["server"].check(f"{command} >{log} 2>&1 &")

    def listening():
        try:
            with open(log, encoding="utf-8", errors="replace") as text:
                return "listening" in text.read()
        except OSError:
            return False
    wait_for(listening, command)


def stream(sides, options):
    """Gbit/s, and CPU seconds a gigabyte: of both sides whole, and of the relays."""
    log = f"{options.directory}/iperf3.log"
    serve(sides, "iperf3 -s -1 --forceflush", log)
    before = [side.cpu() for side in sides.values()]
    status, text = sides["client"].run(
        f"iperf3 -J -c {ADDRESS['server']} {options.amount}", timeout=options.seconds + 60)
    sides["server"].run("wait")
    after = [side.cpu() for side in sides.values()]
    os.unlink(log)
    try:
        result = json.loads(text)
        received = result["end"]["sum_received"]
        rate, size = received["bits_per_second"], received["bytes"]
    except (ValueError, KeyError) as error:
        raise Skip(f"iperf3: {status} {text.strip()[-200:]}") from error
    if not size:
        raise Skip(f"iperf3: nothing arrived {result.get('error', '')}")
    whole, relay = (sum(a[i] - b[i] for a, b in zip(after, before)) for i in (0, 1))
    return rate / 1e9, whole / (size / 1e9), relay / (size / 1e9)


def round_trip(sides, options):
    """Microseconds: the median."""
    log = f"{options.directory}/pingpong.log"
    server = f"{ADDRESS['server']} 5300"
    serve(sides, f"{options.programs}/pingpong server {server}", log)
    text = sides["client"].check(f"{options.programs}/pingpong client {server} {options.seconds / 3:g}",
                                 options.seconds + 60)
    sides["server"].run("wait")
    os.unlink(log)
    return json.loads(text)["rtt_ns"] / 1e3


class _Network:
    """The figures of one network and MTU."""

    def __init__(self, name, mtu):
        self.name, self.mtu = name, mtu
        where = {"switch": "vde_switch"}.get(name, name) + (f", MTU {mtu}" if mtu != 1500 else "")
        key = name + (str(mtu) if mtu != 1500 else "")
        beside = ("veth",) if name == "ptp" else ()
        ceiling = (*beside, "bare datagrams") if name == "ptp" else ("bare frames",)
        self.rate = Figure(f"stream-{key}", f"TCP stream, {where}", "Gbit/s", True, (THEIRS, "ours", *ceiling))
        self.cpu = Figure(f"cpu-{key}", f"processor a gigabyte, {where}", "s/GB", columns=(THEIRS, "ours", *beside))
        self.relay = Figure(f"relay-{key}", f"processor of the relays, {where}", "s/GB")
        self.rtt = Figure(f"rtt-{key}", f"round trip, {where}", "us", columns=(THEIRS, "ours", *beside))
        self.of_sides = [self.rate, self.cpu, self.relay, self.rtt]
        if mtu == 1500:
            if name == "ptp":
                self.rate.times(">= 2x Debian's", (THEIRS, 2))
            else:
                self.rate.times_either(">= 1.3x Debian's or 0.8x bare", (THEIRS, 1.3), ("bare frames", 0.8))
            self.cpu.times("<= 0.5x Debian's", (THEIRS, 0.5))
            self.rtt.times("<= 1x Debian's", (THEIRS, 1))

    def measure(self, options, impls):
        with BY_NAME[self.name](options.directory) as vnl:
            for impl in impls:
                try:
                    with vdens_sides(impl, vnl, self.mtu, options.ports) as sides:
                        rate, cpu, relay = stream(sides, options)
                        self._add(impl.name, rate, cpu, round_trip(sides, options))
                        self.relay.add(impl.name, relay)
                except Skip as error:
                    for figure in self.of_sides:
                        figure.skip(impl.name, str(error))
            self._ceiling(options, vnl)

    def _ceiling(self, options, vnl):
        """What bare frames or datagrams of that size reach, and on a cable the kernel's own."""
        try:
            if self.name == "ptp":
                self.rate.add("bare datagrams", bare(options, "datagrams", options.directory, self.mtu + 14))
            else:
                self.rate.add("bare frames", bare(options, "frames", vnl, self.mtu + 14))
        except Skip as error:
            self.rate.skip(self.rate.columns[-1], str(error))
        if self.name != "ptp":
            return
        try:
            with veth_sides(self.mtu) as sides:
                rate, cpu, _ = stream(sides, options)
                self._add("veth", rate, cpu, round_trip(sides, options))
        except Skip as error:
            for figure in self.of_sides:
                if "veth" in figure.columns:
                    figure.skip("veth", str(error))

    def _add(self, who, *values):
        for figure, value in zip((self.rate, self.cpu, self.rtt), values):
            figure.add(who, value)


def bare(options, program, where, size):
    """Gbit/s of frames or datagrams with nothing else to do."""
    text = run([f"{options.programs}/{program}", where, str(size), f"{options.seconds / 3:g}"])
    return json.loads(text)["bits_per_second"] / 1e9


def measure_vdens(options, impls):
    networks = [_Network(name, mtu) for name, mtu in SETTINGS]
    for network in networks:
        for repetition in range(options.repetitions):
            try:
                network.measure(options, impls if repetition % 2 == 0 else list(reversed(impls)))
            except Skip as error:
                for figure in network.of_sides:
                    figure.skip(None, str(error))
    return [figure for network in networks for figure in network.of_sides]
