# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stacks that configure themselves, by dnsmasq in a vdens: how long it takes, and what it costs to
stay configured.

The server's answers are part of the time, as they are of a user's.  Leases are as short as dnsmasq
makes them, two minutes, and so are renewed after one: that is waited for, but only with --thorough.
"""
import os
import shutil
from contextlib import contextmanager

from .figures import Figure
from .networks import BY_NAME
from .picox import COLUMNS, _of
from .processes import Shell, Skip, run, wait_for
from .sockets import _lines

STACKS = 1000
QUIET = 2  # seconds in which nothing is due
RENEW = 60  # seconds in which half of the time of each lease is over

# key, title, string, family, limit in ms
ONCE = [("v6", "IPv6 address by a router, looked for", "eth,rd,slaac", 6, 1200),
        ("v6-nodad", "  not looked for", "eth,rd,slaac,nodad", 6, 100),
        ("v4", "DHCP address, not probed", "eth,dhcp", 4, 100)]


@contextmanager
def _dnsmasq(options, ours, vnl):
    """The server on a network; gives the path of its log."""
    if not shutil.which("dnsmasq"):
        raise Skip("dnsmasq is not installed")
    log = f"{options.directory}/dnsmasq.log"
    side = Shell([ours.need("vdens"), vnl, "/bin/sh"], ours.env)
    try:
        side.check("ip link set lo up && ip link set vde0 up && ip addr add 10.9.0.1/16 dev vde0 &&"
                   " ip addr add fd09::1/64 dev vde0 nodad")
        side.check("while ! ip -6 addr show dev vde0 scope link -tentative | grep -q fe80;"
                   " do sleep 0.05; done")
        side.check("dnsmasq -d -C /dev/null --port=0 --interface=vde0 --user=root --group=root"
                   " --pid-file= --no-ping --leasefile-ro --dhcp-authoritative --enable-ra"
                   " --dhcp-lease-max=10000 --dhcp-range=10.9.1.1,10.9.99.250,255.255.0.0,2m"
                   " --dhcp-range=fd09::100,fd09::ffff,slaac,64,1h"
                   f" --log-facility={log} 2>/dev/null & server=$!")
        wait_for(lambda: os.path.exists(log) and "router advertisement on" in _text(log), "dnsmasq")
        yield log
        side.run("kill $server")
    finally:
        side.close()


def _text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _limit(figure, text, limit):
    figure.target(text, _of(figure, "picox"), lambda: [limit] * len(figure.samples.get("picox", [])))
    return figure


def _measure_once(options, ours, vnl):
    figures = []
    for key, title, string, family, limit in ONCE:
        figure = _limit(Figure(f"conf-{key}", title, "ms", columns=COLUMNS),
                        f"<= {limit} ms", limit)
        for _ in range(options.repetitions):
            for stack in ("vdestack", "picox"):
                try:
                    found = _lines(run([f"{options.programs}/iothconf", "once", stack, vnl, string,
                                        str(family)], env=ours.env))
                    figure.add(stack, found["usable_ns"] / 1e6)
                except Skip as error:
                    figure.skip(stack, str(error))
        figures.append(figure)
    return figures


def _measure_many(options, ours, vnl, log):
    made = _limit(Figure("conf-many", f"{STACKS} stacks on mem:// with an uplink, by DHCP", "s",
                         columns=COLUMNS), "< 10 s", 10)
    well = _limit(Figure("conf-well", "  that have a lease", "", True, COLUMNS),
                  f"all {STACKS}", STACKS)
    idle = _limit(Figure("conf-idle", "  wake-ups of the library in a quiet second", "",
                         columns=COLUMNS), "0", 0)
    renewed = _limit(Figure("conf-renewed", "  that are renewed at T1", "", True, COLUMNS),
                     f"all {STACKS}", STACKS)
    busy = Figure("conf-busy", "  wake-ups for a renewal", "", columns=COLUMNS)
    threads = _limit(Figure("conf-threads", "  threads that renew", "", columns=COLUMNS), "1", 1)
    figures = [made, well, idle, threads]
    if options.thorough:
        figures += [renewed, busy]
    try:
        acks = _text(log).count("DHCPACK")
        found = _lines(run([f"{options.programs}/iothconf", "many", str(STACKS), vnl,
                            "eth,dhcp,nodad,thread", str(QUIET),
                            str(RENEW if options.thorough else 0)], timeout=300, env=ours.env))
        again = _text(log).count("DHCPACK") - acks - STACKS
        made.add("picox", found["configured_ns"] / 1e9)
        well.add("picox", found["configured"])
        idle.add("picox", found["quiet_wakeups"] / QUIET)
        threads.add("picox", found["library_threads"])
        if again:
            renewed.add("picox", again)
            busy.add("picox", found["renew_wakeups"] / again)
    except Skip as error:
        for figure in figures:
            figure.skip("picox", str(error))
    return figures


def measure_iothconf(options, impls):
    ours = [impl for impl in impls if impl.name == "ours"]
    if not ours:
        return []
    figures = []
    try:
        with BY_NAME["switch"](options.directory) as vnl, \
                _dnsmasq(options, ours[0], vnl) as log:
            figures += _measure_once(options, ours[0], vnl)
            figures += _measure_many(options, ours[0], vnl, log)
    except Skip as error:
        skipped = Figure("conf", "stacks that configure themselves", "ms", columns=COLUMNS)
        skipped.skip("picox", str(error))
        figures.append(skipped)
    return figures
