# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stacks that configure themselves, by dnsmasq in a vdens: how long it takes, and what it costs to
stay configured.

The server's answers are part of the time, as they are of a user's.  Leases are as short as dnsmasq
makes them, two minutes, and so are renewed after one: that is waited for, but only with --thorough.
"""
import os
import time
from contextlib import contextmanager

from .figures import Figure
from .networks import BY_NAME
from .picox import alone
from .processes import Shell, Skip, need, run, text_of, wait_for
from .sockets import lines

RENEW = 60  # seconds in which half of the time of each lease is over

# key, title, string, family, limit in ms
ONCE = [("v6", "IPv6 by a router, probed first", "eth,rd,slaac", 6, 1200),
        ("v6-nodad", "IPv6 by a router, not probed", "eth,rd,slaac,nodad", 6, 100),
        ("v4", "DHCP, not probed", "eth,dhcp", 4, 100)]
DHCLIENT = "dhclient, its start included"
# What dhclient calls: the address is what is waited for.
SCRIPT = """#!/bin/sh
case $reason in
PREINIT) ip link set $interface up ;;
BOUND) ip addr add $new_ip_address/16 dev $interface ;;
esac
"""


@contextmanager
def _dnsmasq(options, vnl):
    """The server on a network; gives the path of its log."""
    need("dnsmasq")
    log = f"{options.directory}/dnsmasq.log"
    side = Shell([options.ours.need("vdens"), vnl, "/bin/sh"], options.ours.env)
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
        wait_for(lambda: "router advertisement on" in text_of(log), "dnsmasq")
        yield log
        side.run("kill $server")
    finally:
        side.close()


def _once(options, vnl, figures):
    for (_, _, string, family, _), figure in zip(ONCE, figures):
        for _ in range(options.repetitions):
            for stack in ("vdestack", "picox"):
                try:
                    found = lines(run([f"{options.programs}/iothconf", "once", stack, vnl, string,
                                       str(family)], env=options.ours.env))
                    figure.add(stack, found["usable_ns"] / 1e6)
                except Skip as error:
                    figure.skip(stack, str(error))
            if DHCLIENT in figure.columns:
                try:
                    figure.add(DHCLIENT, _dhclient_ms(options, vnl))
                except Skip as error:
                    figure.skip(DHCLIENT, str(error))


def _dhclient_ms(options, vnl):
    need("dhclient")
    place, script = options.directory, f"{options.directory}/dhclient.sh"
    with open(script, "w", encoding="ascii") as out:
        out.write(SCRIPT)
    os.chmod(script, 0o755)
    side = Shell([options.ours.need("vdens"), vnl, "/bin/sh"], options.ours.env)
    try:
        begin = time.monotonic()
        side.check(f"dhclient -1 -4 -d -cf /dev/null -lf {place}/dhclient.lease -pf {place}/dhclient.pid"
                   f" -sf {script} vde0 >/dev/null 2>&1 & pid=$!;"
                   " until ip -4 addr show dev vde0 | grep -q inet; do kill -0 $pid || exit 1; done")
        passed = time.monotonic() - begin
        side.run("kill $pid; wait $pid")
    finally:
        side.close()
    return passed * 1e3


def _many(options, vnl, log, figures, renewed, busy):
    stacks = options.configured
    made, well, idle, threads = figures
    try:
        acks = text_of(log).count("DHCPACK")
        found = lines(run([f"{options.programs}/iothconf", "many", str(stacks), vnl, "eth,dhcp,nodad,thread",
                           str(options.quiet), str(RENEW if options.thorough else 0)], timeout=300, env=options.ours.env))
        again = text_of(log).count("DHCPACK") - acks - stacks
        made.add("picox", found["configured_ns"] / 1e9)
        well.add("picox", found["configured"])
        idle.add("picox", found["quiet_wakeups"] / options.quiet)
        threads.add("picox", found["library_threads"])
        if not options.thorough:
            raise Skip("a minute of waiting: only with --thorough")
        renewed.add("picox", again)
        if again:
            busy.add("picox", found["renew_wakeups"] / again)
    except Skip as error:
        for figure in (*figures, renewed, busy):
            if "picox" not in figure.samples:
                figure.skip("picox", str(error))


def measure_iothconf(options, _):
    stacks = options.configured
    once = [Figure(f"conf-{key}", title, "ms", columns=("vdestack", "picox") + ((DHCLIENT,) if family == 4 else ()))
            .fixed(f"<= {limit:,} ms", limit) for key, title, _, family, limit in ONCE]
    many = [alone("conf-many", "1,000 stacks on mem:// with an uplink, by DHCP", "s").fixed("<= 10 s", 10),
            alone("conf-well", "stacks that have a lease", "", True).fixed(f"all {stacks:,}", stacks),
            alone("conf-idle", "wake-ups of libiothconf in a quiet second", "").fixed("0", 0),
            alone("conf-threads", "threads that renew their leases", "").fixed("1", 1)]
    renewed = alone("conf-renewed", "leases renewed at T1", "", True).fixed(f"all {stacks:,}", stacks)
    busy = alone("conf-busy", "wake-ups a renewal", "")
    figures = [*once, *many, renewed, busy]
    try:
        with BY_NAME["switch"](options.directory) as vnl, _dnsmasq(options, vnl) as log:
            _once(options, vnl, once)
            _many(options, vnl, log, many, renewed, busy)
    except Skip as error:
        for figure in figures:
            figure.skip(None, str(error))
    return figures
