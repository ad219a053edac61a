# SPDX-License-Identifier: LGPL-2.1-or-later
"""namedhcp in VNL mode: four-message exchanges a second, and how long one takes.

iothnamed answers for hash addresses on loopback of the server's network namespace; the VDE network is a
cable (ptp), so that no switch shares the processors.  test/net/dhcp6_load is the clients, each of another
name (or one client again and again, whose name need not be asked for); perfdhcp, of kea, has a vdens at the other end of the cable: with its relay it needs more of the
processors than the server, which the rows of processor time show.
"""
import json
import os
import re
import shutil
from contextlib import contextmanager

from .figures import Figure
from .networks import BY_NAME
from .processes import Shell, Skip, run, seconds_of, text_of, wait_for

COLUMNS = ("perfdhcp", "namedhcp", "one client")
NAMES = 10000
RATE = 1000  # exchanges a second for the latencies


def _start(side, command, log, ready):
    """A program in the shell's background; its process id once `ready` is in its log."""
    pid = int(side.check(f"{command} >{log} 2>&1 & echo $!").split()[-1])
    wait_for(lambda: ready in text_of(log) or not os.path.exists(f"/proc/{pid}"), command.split()[0])
    if ready not in text_of(log):
        raise Skip(f"{os.path.basename(command.split()[0])}: {text_of(log).strip()[-200:]}")
    return pid


@contextmanager
def _servers(options, ours, dhcp, configuration):
    """iothnamed with these lines, and the server with these arguments; gives the latter's process id."""
    rc = f"{options.directory}/dhcp-named.rc"
    with open(rc, "w", encoding="ascii") as out:
        out.writelines(line + "\n" for line in configuration)
    side = Shell(["unshare", "-rn", "/bin/sh"], ours.env)
    pids = []
    try:
        side.check("ip link set lo up && ulimit -n 8192")
        pids.append(_start(side, f"{options.build}/daemon/iothnamed/iothnamed {rc}",
                           f"{options.directory}/dhcp-named.log", "serving"))
        pids.append(_start(side, f"{options.build}/daemon/namedhcp/{dhcp}",
                           f"{options.directory}/dhcp-server.log", "serving"))
        yield pids[-1]
    finally:
        for pid in pids:
            side.run(f"kill {pid}; wait {pid}")
        side.close()


def _load(options, vnl, names, seconds, rate=None):
    argv = [f"{options.build}/test/net/dhcp6_load", vnl, "exchange", str(names), f"{seconds:g}"]
    lines = run(argv + ([str(rate)] if rate else []), timeout=seconds + 30).splitlines()
    return {key: value for line in lines for key, value in json.loads(line).items()}


def _perfdhcp(options, ours, vnl, seconds):
    """(exchanges a second, processor time of perfdhcp and its relay an exchange in us), as fast as it can."""
    if not shutil.which("perfdhcp"):
        raise Skip("perfdhcp is not installed")
    log = f"{options.directory}/perfdhcp.log"
    side = Shell([ours.need("vdens"), vnl, "/bin/sh"], ours.env)
    try:
        side.check("ip link set lo up && ip link set vde0 up")
        side.check("while ! ip -6 addr show dev vde0 scope link -tentative | grep -q fe80;"
                   " do sleep 0.05; done")
        before = side.cpu()[0]
        # Option 39: no flags, h1.hash.local.
        side.run(f"perfdhcp -6 -l vde0 -o 39,000268310468617368056c6f63616c00 -R 100000 -p {seconds:.0f}"
                 f" -r 100000 -g single all >{log} 2>&1", timeout=seconds + 30)
        used = side.cpu()[0] - before
    finally:
        side.close()
    received = re.findall(r"received packets: (\d+)", text_of(log))
    if len(received) < 2 or int(received[1]) == 0:
        raise Skip(f"perfdhcp: {text_of(log).strip()[-200:]}")
    return int(received[1]) / seconds, used * 1e6 / int(received[1])


def _limit(figure, text, limit):
    figure.target(text, lambda: figure.samples.get("namedhcp", []),
                  lambda: [limit] * len(figure.samples.get("namedhcp", [])))
    return figure


def measure_dhcp6(options, impls):
    ours = next((impl for impl in impls if impl.name == "ours"), None)
    if ours is None:
        return []
    rate = _limit(Figure("dhcp6-rate", f"namedhcp: exchanges, {NAMES} names", "1/s", True, COLUMNS),
                  ">= 5000", 5000)
    cost = Figure("dhcp6-cost", "  processor time of the server", "us", columns=COLUMNS)
    clients = Figure("dhcp6-clients", "  of perfdhcp and its relay", "us", columns=COLUMNS)
    lost = Figure("dhcp6-lost", "  lost", "", columns=COLUMNS)
    middle = Figure("dhcp6-p50", f"  an exchange, at {RATE}/s", "ms", columns=COLUMNS)
    late = _limit(Figure("dhcp6-p99", "  the slowest in a hundred", "ms", columns=COLUMNS), "< 5 ms", 5)
    figures = [rate, cost, clients, lost, middle, late]
    zone = ["net w ::/0", "net w 0.0.0.0/0", "auth hash w .hash.local fc00::"]
    try:
        with BY_NAME["ptp"](options.directory) as vnl, \
                _servers(options, ours, f"namedhcp -s {vnl} -n 127.0.0.1", zone) as pid:
            wait_for(lambda: _load(options, vnl, 1, 0.1)["exchanges"] > 0, "namedhcp")
            for _ in range(options.repetitions):
                for who, names in (("namedhcp", NAMES), ("one client", 1)):
                    before = seconds_of(pid)
                    found = _load(options, vnl, names, options.seconds)
                    rate.add(who, found["per_s"])
                    lost.add(who, found["lost"])
                    cost.add(who, (seconds_of(pid) - before) * 1e6 / max(found["exchanges"], 1))
                    found = _load(options, vnl, names, options.seconds, RATE)
                    middle.add(who, found["exchange_ns"] / 1e6)
                    late.add(who, found["exchange_p99_ns"] / 1e6)
                try:
                    before = seconds_of(pid)
                    per_second, used = _perfdhcp(options, ours, vnl, max(2, options.seconds))
                    rate.add("perfdhcp", per_second)
                    clients.add("perfdhcp", used)
                    cost.add("perfdhcp", (seconds_of(pid) - before) * 1e6 / (per_second * max(2, options.seconds)))
                except Skip as error:
                    rate.skip("perfdhcp", str(error))
    except (Skip, OSError, KeyError, ValueError) as error:
        for figure in figures:
            figure.skip("both", str(error))
    return figures
