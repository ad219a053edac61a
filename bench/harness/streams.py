# SPDX-License-Identifier: LGPL-2.1-or-later
"""One TCP stream and round trips between two vdens, and between two namespaces joined by a veth."""
import json
import os
import sys
from contextlib import ExitStack, contextmanager

from .figures import Figure
from .networks import BY_NAME
from .processes import Shell, Skip, run, wait_for

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
def veth_sides():
    """Two shells in network namespaces of one user namespace."""
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
            side.check(f"ip link set lo up && ip addr add {ADDRESS[name]}/24 dev vde0 &&"
                       " ip link set vde0 up")
        yield sides


def _serve(sides, command, log):
    """Starts a server in the background; returns when it listens."""
    sides["server"].check(f"{command} >{log} 2>&1 &")

    def listening():
        try:
            with open(log, encoding="utf-8", errors="replace") as text:
                return "listening" in text.read()
        except OSError:
            return False
    wait_for(listening, command)


def stream(sides, directory, seconds):
    """Gbit/s, and CPU seconds a gigabyte: of both sides whole, and of the relays."""
    log = f"{directory}/iperf3.log"
    _serve(sides, "iperf3 -s -1 --forceflush", log)
    before = [side.cpu() for side in sides.values()]
    status, text = sides["client"].run(
        f"iperf3 -J -c {ADDRESS['server']} -t {seconds:g}", timeout=seconds + 20)
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


def round_trip(sides, directory, programs, seconds):
    """Microseconds: the median, and what the fastest tenth does not exceed."""
    log = f"{directory}/pingpong.log"
    server = f"{ADDRESS['server']} 5300"
    _serve(sides, f"{programs}/pingpong server {server}", log)
    text = sides["client"].check(f"{programs}/pingpong client {server} {seconds:g}", seconds + 20)
    sides["server"].run("wait")
    os.unlink(log)
    result = json.loads(text)
    return result["rtt_ns"] / 1e3, result["rtt_p10_ns"] / 1e3


def figures_of(name, mtu):
    where = f"{name}" + (f", MTU {mtu}" if mtu != 1500 else "")
    key = name + (str(mtu) if mtu != 1500 else "")
    return {
        "rate": Figure(f"stream-{key}", f"TCP stream, {where}", "Gbit/s", higher_is_better=True),
        "cpu": Figure(f"cpu-{key}", f"CPU a gigabyte, {where}", "s/GB"),
        "relay": Figure(f"relay-{key}", f"  of it the relays", "s/GB"),
        "rtt": Figure(f"rtt-{key}", f"round trip, {where}", "us"),
        "fast": Figure(f"fast-{key}", "  the fastest tenth", "us"),
    }


def set_targets(found, name, mtu, bare):
    """The issue's: a ratio to theirs; or, on a hub or switch, 0.8 of what bare frames reach."""
    rate = found["rate"]

    def ours(figure):
        return lambda: figure.samples.get("ours", [])

    def theirs(figure, factor):
        return lambda: [v * factor for v in figure.samples.get("theirs", [])]

    if name == "ptp" and mtu == 1500:
        rate.target(">= 2x theirs", ours(rate), theirs(rate, 2))
    elif name in ("hub", "switch"):
        def lower():
            frames = bare[name].samples.get("ceiling", []) if name in bare else []
            limits = theirs(rate, 1.3)()
            return [min(a, 0.8 * b) for a, b in zip(limits, frames)] if frames else limits
        rate.target(">= 1.3x theirs or 0.8x bare frames", ours(rate), lower)
    if mtu == 1500:
        found["cpu"].target("<= 0.5x theirs", ours(found["cpu"]), theirs(found["cpu"], 0.5))
        found["rtt"].target("not worse", ours(found["rtt"]), theirs(found["rtt"], 1))


def measure_vdens(options, impls, ports, bare):
    """All networks.  `bare` collects what bare frames reach through the same hub or switch."""
    result = []
    for name, mtu in SETTINGS:
        if name not in options.networks:
            continue
        found = figures_of(name, mtu)
        if mtu == 1500 and name != "ptp":
            bare[name] = Figure(f"frames-{name}", f"bare frames of 1514, {name}", "Gbit/s",
                                higher_is_better=True)
        for repetition in range(options.repetitions):
            _measure_once(options, impls, ports, name, mtu, repetition, found, bare)
        set_targets(found, name, mtu, bare)
        result += found.values()
    return result


def _measure_once(options, impls, ports, name, mtu, repetition, found, bare):
    print(f"  {name} MTU {mtu}, {repetition + 1} of {options.repetitions}", file=sys.stderr)
    order = impls if repetition % 2 == 0 else list(reversed(impls))
    try:
        with BY_NAME[name](options.directory) as vnl:
            if mtu == 1500 and name in bare:
                _bare_frames(options, vnl, bare[name])
            for impl in order:
                try:
                    with vdens_sides(impl, vnl, mtu, ports) as sides:
                        values = stream(sides, options.directory, options.seconds)
                        values += round_trip(sides, options.directory, options.programs,
                                             options.seconds / 3)
                    for key, value in zip(("rate", "cpu", "relay", "rtt", "fast"), values):
                        found[key].add(impl.name, value)
                except Skip as error:
                    for figure in found.values():
                        figure.skip(impl.name, str(error))
    except Skip as error:
        for figure in found.values():
            figure.skip("both", str(error))


def _bare_frames(options, vnl, figure):
    try:
        text = run([f"{options.programs}/frames", vnl, "1514", f"{options.seconds / 3:g}"])
        figure.add("ceiling", json.loads(text)["bits_per_second"] / 1e9)
    except Skip as error:
        figure.skip("ceiling", str(error))


def measure_veth(options):
    rate = Figure("stream-veth", "TCP stream, kernel veth", "Gbit/s", higher_is_better=True)
    cpu = Figure("cpu-veth", "CPU a gigabyte, kernel veth", "s/GB")
    rtt = Figure("rtt-veth", "round trip, kernel veth", "us")
    fast = Figure("fast-veth", "  the fastest tenth", "us")
    found = (rate, cpu, rtt, fast)
    for _ in range(options.repetitions):
        try:
            with veth_sides() as sides:
                gbits, seconds, _ = stream(sides, options.directory, options.seconds)
                times = round_trip(sides, options.directory, options.programs,
                                   options.seconds / 3)
            for figure, value in zip(found, (gbits, seconds, *times)):
                figure.add("ceiling", value)
        except Skip as error:
            for figure in found:
                figure.skip("ceiling", str(error))
    return list(found)


def measure_datagrams(options):
    result = []
    for size in (1514, 9014, 65000):
        figure = Figure(f"datagrams-{size}", f"bare AF_UNIX datagrams of {size}", "Gbit/s",
                        higher_is_better=True)
        for _ in range(options.repetitions):
            try:
                text = run([f"{options.programs}/datagrams", options.directory, str(size),
                            f"{options.seconds / 3:g}"])
                figure.add("ceiling", json.loads(text)["bits_per_second"] / 1e9)
            except Skip as error:
                figure.skip("ceiling", str(error))
        result.append(figure)
    return result
