# SPDX-License-Identifier: LGPL-2.1-or-later
"""namedhcp in VNL mode: four-message exchanges a second, and how long one takes.

iothnamed answers for hash addresses on loopback of the server's network namespace; the VDE network is a
cable (ptp), so that no switch shares the processors.  test/net/dhcp6_load is the clients, each of another
name (or one client again and again, whose name need not be asked for); perfdhcp, of kea, has a vdens at
the other end of the cable: with its relay it needs more of the processors than the server.
"""
import json
import os
import re
from contextlib import contextmanager

from .figures import Figure
from .networks import BY_NAME
from .processes import Shell, Skip, need, run, seconds_of, text_of, wait_for

OURS, PERFDHCP = "namedhcp", "asked by perfdhcp"
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
def _servers(options, dhcp, configuration):
    """iothnamed with these lines, and the server with these arguments; gives the latter's process id."""
    rc = f"{options.directory}/dhcp-named.rc"
    with open(rc, "w", encoding="ascii") as out:
        out.writelines(line + "\n" for line in configuration)
    side = Shell(["unshare", "-rn", "/bin/sh"], options.ours.env)
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
    lines = run(argv + ([str(rate)] if rate else []), timeout=seconds + 60).splitlines()
    return {key: value for line in lines for key, value in json.loads(line).items()}


def _perfdhcp(options, vnl, seconds):
    """(exchanges a second, processor time of perfdhcp and its relay an exchange in us), as fast as it can."""
    need("perfdhcp")
    log = f"{options.directory}/perfdhcp.log"
    side = Shell([options.ours.need("vdens"), vnl, "/bin/sh"], options.ours.env)
    try:
        side.check("ip link set lo up && ip link set vde0 up")
        side.check("while ! ip -6 addr show dev vde0 scope link -tentative | grep -q fe80;"
                   " do sleep 0.05; done")
        before = side.cpu()[0]
        # Option 39: no flags, h1.hash.local.
        side.run(f"perfdhcp -6 -l vde0 -o 39,000268310468617368056c6f63616c00 -R 100000 -p {seconds:.0f}"
                 f" -r 100000 -g single all >{log} 2>&1", timeout=seconds + 60)
        used = side.cpu()[0] - before
    finally:
        side.close()
    received = re.findall(r"received packets: (\d+)", text_of(log))
    if len(received) < 2 or int(received[1]) == 0:
        raise Skip(f"perfdhcp: {text_of(log).strip()[-200:]}")
    return int(received[1]) / seconds, used * 1e6 / int(received[1])


def measure_dhcp6(options, _):
    rate = Figure("dhcp6-rate", "DHCPv6 exchanges, 10,000 names", "1/s", True, ("", OURS)).fixed(">= 5,000", 5000)
    cost = Figure("dhcp6-cost", "DHCPv6, processor an exchange", "us", columns=("", OURS))
    lost = Figure("dhcp6-lost", "DHCPv6 exchanges lost", "", columns=("", OURS))
    middle = Figure("dhcp6-p50", f"DHCPv6 at {RATE:,}/s, half within", "ms", columns=("", OURS))
    late = Figure("dhcp6-p99", f"DHCPv6 at {RATE:,}/s, 99 % within", "ms", columns=("", OURS)).fixed("<= 5 ms", 5)
    known = Figure("dhcp6-known", "DHCPv6 exchanges, one client", "1/s", True, (PERFDHCP, OURS))
    clients = Figure("dhcp6-clients", "DHCPv6, one client, processor", "us", columns=("of perfdhcp itself", OURS))
    figures = [rate, cost, lost, middle, late, known, clients]
    zone = ["net w ::/0", "net w 0.0.0.0/0", "auth hash w .hash.local fc00::"]

    def load(names, rate=None):
        return _load(options, vnl, names, options.seconds, rate)

    try:
        with BY_NAME["ptp"](options.directory) as vnl, \
                _servers(options, f"namedhcp -s {vnl} -n 127.0.0.1", zone) as pid:
            wait_for(lambda: _load(options, vnl, 1, 0.1)["exchanges"] > 0, "namedhcp")
            for _ in range(options.repetitions):
                for names, a_second, spent in ((NAMES, rate, cost), (1, known, clients)):
                    before, found = seconds_of(pid), load(names)
                    a_second.add(OURS, found["per_s"])
                    spent.add(OURS, (seconds_of(pid) - before) * 1e6 / max(found["exchanges"], 1))
                    if names > 1:
                        lost.add(OURS, found["lost"])
                found = load(NAMES, RATE)
                middle.add(OURS, found["exchange_ns"] / 1e6)
                late.add(OURS, found["exchange_p99_ns"] / 1e6)
                try:
                    per_second, used = _perfdhcp(options, vnl, max(round(options.seconds), 1))
                    known.add(PERFDHCP, per_second)
                    clients.add("of perfdhcp itself", used)
                except Skip as error:
                    known.skip(PERFDHCP, str(error))
    except (Skip, OSError, KeyError, ValueError) as error:
        for figure in figures:
            figure.skip(None, str(error))
    return figures
