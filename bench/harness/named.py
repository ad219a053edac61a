# SPDX-License-Identifier: LGPL-2.1-or-later
"""iothnamed beside dnsmasq, knotd and unbound: what a query costs the server's processor.

dnsperf asks over loopback, in a network namespace of its own.  It saturates before any server does, so the
server's processor time divided by the queries that it has answered is what is compared.
"""
import os
import re
from contextlib import contextmanager
from statistics import median

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Shell, Skip, need, resident_mib, seconds_of, text_of, wait_for

OURS = "iothnamed"
NAMES = 1000

KNOT = """server:
    listen: {address}@53
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    rundir: {directory}
database:
    storage: {directory}
log:
  - target: stderr
    any: error
zone:
  - domain: test.local
    file: {directory}/zone
"""

UNBOUND = """server:
    interface: 127.0.0.1
    do-daemonize: no
    username: ""
    chroot: ""
    directory: ""
    pidfile: ""
    use-syslog: no
    num-threads: 1
    module-config: "iterator"
    do-not-query-localhost: no
    domain-insecure: "local"
    local-zone: "local" nodefault
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: 10.3.0.2
"""

# Where forwarded queries go: a namespace beside the server's, since that listens on every address.
BEYOND = "10.3.0.2"
SILENT = "10.3.0.3"


def _address(number):
    return f"10.1.{number // 250}.{number % 250 + 1}"


def write(path, lines):
    with open(path, "w", encoding="ascii") as out:
        out.writelines(line + "\n" for line in lines)
    return path


class _Site:
    """The files of all servers, in one directory: the same thousand names, whoever serves them."""

    def __init__(self, directory, rrsets, one_by_one):
        self.directory = directory
        numbers = range(NAMES)
        self.names = write(f"{directory}/names", [f"h{n}.test.local A" for n in numbers])
        self.hashed = write(f"{directory}/hashed", [f"h{n}.hash.local AAAA" for n in numbers])
        self.some = write(f"{directory}/some", [f"h{n}.test.local A" for n in range(one_by_one)])
        self.many = write(f"{directory}/many", [f"h{n}.many.local A" for n in range(rrsets)])
        self.hosts = write(f"{directory}/hosts", [f"{_address(n)} h{n}.test.local" for n in numbers])
        write(f"{directory}/zone",
               ["$ORIGIN test.local.", "$TTL 3600", "@ SOA ns hostmaster 1 3600 600 86400 300",
                "@ NS ns", "ns A 10.0.0.1"] + [f"h{n} A {_address(n)}" for n in numbers])
        self.knot = {address: write(f"{directory}/knot.{address}",
                                     KNOT.format(address=address, directory=directory).splitlines())
                     for address in ("127.0.0.1", BEYOND)}
        self.unbound = write(f"{directory}/unbound.conf", UNBOUND.splitlines())
        self.serving = ["net w ::/0", "auth accept w",
                        *(f"static A h{n}.test.local {_address(n)}" for n in numbers),
                        "auth static w .test.local", "auth hash w .hash.local fc00::"]
        self.local = self.configuration("local", [])
        forward = ["net w ::/0", "auth accept w", f"dns {BEYOND}"]
        self.cache = write(f"{directory}/cache.rc", forward + ["auth cache w .", "auth fwd w ."])
        self.forward = write(f"{directory}/forward.rc", forward + ["auth fwd w ."])
        self.dead = write(f"{directory}/dead.rc",
                           ["net w ::/0", f"dns {SILENT}", f"dns {BEYOND}", "auth fwd w ."])

    def configuration(self, name, stack):
        return write(f"{self.directory}/{name}.rc", stack + self.serving)


@contextmanager
def _serving(side, argv, address="127.0.0.1", name="h1.test.local"):
    """A server in the shell's namespace, or beyond; gives its process id once it answers."""
    program = argv.split()[0]
    need(program)
    where = "$beyond " if address == BEYOND else ""
    pid = side.check(f"{where}{argv} >/dev/null 2>&1 & echo $!").strip()
    try:
        wait_for(lambda: _answers(side, address, name), os.path.basename(program))
        yield int(pid)
    finally:
        side.run(f"kill {pid}; wait {pid}")


def _answers(side, address, name):
    return side.run(f"dig +tries=1 +time=1 +short @{address} {name} | grep -q '^[0-9a-f]'")[0] == 0


class _Load:
    """What dnsperf said."""

    def __init__(self, side, queries, options="", address="127.0.0.1", seconds=None):
        end = f"-l {seconds:g}" if seconds else "-n 1"
        text = side.check(f"dnsperf -s {address} -d {queries} {end} -T 1 {options}", timeout=120)
        self.completed = int(re.search(r"Queries completed:\s+(\d+)", text).group(1))
        self.per_second = float(re.search(r"Queries per second:\s+([\d.]+)", text).group(1))
        self.lost = int(re.search(r"Queries lost:\s+(\d+)", text).group(1))
        self.latencies_us = [float(found) * 1e6 for found in
                             re.findall(r"^> NOERROR .* ([\d.]+)$", text, re.MULTILINE)]
        if self.completed == 0:
            raise Skip("dnsperf: no query was answered")


LOAD = "-c 4 -q 100"

# The shell's own namespace, and the other one: $beyond COMMAND runs there. It ends with the shell.
NAMESPACES = f"""ip link set lo up
unshare -n sleep 1000 & other=$!
while [ "$(readlink /proc/$other/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
beyond="nsenter -t $other -n"
ip link add up0 type veth peer name up1 netns $other && ip addr add 10.3.0.1/24 dev up0 &&
ip link set up0 up && $beyond ip addr add {BEYOND}/24 dev up1 &&
$beyond ip addr add {SILENT}/24 dev up1 && $beyond ip link set up1 up"""


def _cost_us(side, pid, queries, mode, seconds, address="127.0.0.1"):
    """(microseconds of the server's processor a query, queries a second)"""
    before = seconds_of(pid)
    load = _Load(side, queries, f"{LOAD} -m {mode}", address, seconds)
    return (seconds_of(pid) - before) * 1e6 / load.completed, load.per_second


class _Figures:
    def __init__(self):
        own = ("", OURS)
        self.udp = Figure("named-udp", "static, UDP, processor a query", "us", columns=("knotd", OURS, "dnsmasq"))
        self.udp.times("<= 1x knotd, 0.5x dnsmasq", ("knotd", 1), ("dnsmasq", 0.5))
        self.rate = Figure("named-rate", "static, UDP, queries", "1000/s", True, ("knotd", OURS, "dnsmasq"))
        self.rate.times(">= 1x knotd", ("knotd", 1))
        self.hash = Figure("named-hash", "hash, UDP, processor a query", "us", columns=("static", OURS, "knotd", "dnsmasq"))
        self.hash.times("<= 1.1x static, 1x knotd, 0.5x dnsmasq", ("static", 1.1), ("knotd", 1), ("dnsmasq", 0.5))
        self.tcp = Figure("named-tcp", "static, TCP, processor a query", "us", columns=("over UDP", OURS, "knotd"))
        self.tcp.times("<= 2x over UDP", ("over UDP", 2))
        self.idle = Figure("named-idle", "memory, idle", "MiB", columns=("knotd", OURS, "dnsmasq")).fixed("<= 10 MiB", 10)
        self.cache = Figure("named-cache", "out of the cache, processor a query", "us", columns=("unbound", OURS))
        self.cache.times("<= 0.7x unbound", ("unbound", 0.7))
        self.memory = Figure("named-memory", "memory, 100,000 RRsets in the cache", "MiB", columns=("unbound", OURS))
        self.memory.fixed("<= 64 MiB", 64)
        self.delay = Figure("named-forward", "a query there and back, forwarded", "us", columns=("asked directly", OURS))
        self.delay.target("<= 100 us more", lambda: [v + 100 for v in self.delay.samples.get("asked directly", [])])
        self.dead = Figure("named-dead", "the longest, one of two forwarders dead", "ms", columns=own).fixed("<= 400 ms", 400)
        self.stacks = Figure("named-stacks", "on picox, vde_switch, processor a query", "us", columns=("vdestack", "picox"))
        self.stacks.times("<= 0.5x vdestack", ("vdestack", 0.5))

    def all(self):
        return list(vars(self).values())


def measure_named(options, _):
    figures = _Figures()
    program = f"{options.build}/daemon/iothnamed/iothnamed"
    try:
        need("dnsperf", "dig", "socat")
        site = _Site(options.directory, options.rrsets, options.one_by_one)
        for repetition in range(options.repetitions):
            side = Shell(["unshare", "-rn", "/bin/sh"], options.ours.env)
            try:
                side.check(NAMESPACES)
                _local(side, site, program, options.seconds, figures)
                _cached(side, site, program, options.seconds, figures.cache,
                        figures.memory if repetition == 0 or options.thorough else None)
                _forwarded(side, site, program, figures.delay, figures.dead)
            finally:
                side.close()
            _on_stacks(options, site, program, figures.stacks)
    except (Skip, OSError) as error:
        for figure in figures.all():
            figure.skip(None, str(error))
    return figures.all()


def _local(side, site, program, seconds, figures):
    def cost(queries, mode):
        return _cost_us(side, pid, queries, mode, seconds)

    for who, argv in (
            (OURS, f"{program} {site.local}"),
            ("knotd", f"knotd -c {site.knot['127.0.0.1']}"),
            ("dnsmasq", "dnsmasq -d -C /dev/null --user=root --group=root --no-hosts --no-resolv --pid-file="
                        f" --addn-hosts={site.hosts}")):
        try:
            with _serving(side, argv) as pid:
                figures.idle.add(who, resident_mib(pid))
                udp, per_second = cost(site.names, "udp")
                figures.udp.add(who, udp)
                figures.rate.add(who, per_second / 1e3)
                figures.hash.add("static" if who == OURS else who, udp)
                if who == OURS:
                    figures.hash.add(who, cost(site.hashed, "udp")[0])
                    figures.tcp.add("over UDP", udp)
                if who != "dnsmasq":  # forks for each connection
                    figures.tcp.add(who, cost(site.names, "tcp")[0])
        except Skip as error:
            for figure in (figures.udp, figures.rate, figures.hash, figures.tcp, figures.idle):
                if who in figure.columns:
                    figure.skip(who, str(error))


@contextmanager
def _upstream(side, site):
    with _serving(side, f"knotd -c {site.knot[BEYOND]}", BEYOND) as pid:
        yield pid


def _cached(side, site, program, seconds, cache, memory):
    many = "dnsmasq -d -C /dev/null --user=root --group=root --no-hosts --no-resolv --pid-file=" \
           " --address=/many.local/10.2.0.1" \
           f" --addn-hosts={site.hosts} --local-ttl=3600"
    for who, argv in ((OURS, f"{program} {site.cache}"),
                      ("unbound", f"unbound -d -c {site.unbound}")):
        try:
            with _upstream(side, site), _serving(side, argv) as pid:
                _Load(side, site.names)
                cache.add(who, _cost_us(side, pid, site.names, "udp", seconds)[0])
            if not memory:  # it hardly differs from one time to the next, and takes long
                continue
            with _serving(side, many, BEYOND), _serving(side, argv) as pid:
                _Load(side, site.many, LOAD)
                memory.add(who, resident_mib(pid))
        except Skip as error:
            cache.skip(who, str(error))
            if memory:
                memory.skip(who, str(error))


@contextmanager
def _fresh(side, argv, log):
    """A server that nobody has asked yet: the first query is to find out that its forwarder is dead."""
    pid = side.check(f"{argv} >{log} 2>&1 & echo $!").strip()
    try:
        wait_for(lambda: "serving" in text_of(log), argv)
        yield
    finally:
        side.run(f"kill {pid}; wait {pid}")


def _forwarded(side, site, program, delay, dead):
    try:
        with _upstream(side, site):
            one = "-c 1 -q 1 -v"
            delay.add("asked directly", median(_Load(side, site.some, one, BEYOND).latencies_us))
            with _serving(side, f"{program} {site.forward}"):
                delay.add(OURS, median(_Load(side, site.some, one).latencies_us))
            # A forwarder that says nothing, not even that nobody listens there.
            silent = side.check(f"$beyond socat -u UDP4-RECV:53,bind={SILENT} /dev/null"
                                " >/dev/null 2>&1 & echo $!").strip()
            try:
                with _fresh(side, f"{program} -v {site.dead}", f"{site.directory}/dead.log"):
                    dead.add(OURS, max(_Load(side, site.some, one).latencies_us) / 1e3)
            finally:
                side.run(f"kill {silent}; wait {silent}")
    except Skip as error:
        delay.skip(None, str(error))
        dead.skip(None, str(error))


def _on_stacks(options, site, program, figure):
    """The client is the kernel's stack in a vdens; the server's relay is part of the server."""
    for who in ("vdestack", "picox"):
        try:
            with BY_NAME["switch"](options.directory) as vnl:
                conf = site.configuration(who, [f"rstack stack={who},vnl={vnl}",
                                                "rstack ip=10.0.0.1/16,eth"])
                client = Shell([options.ours.need("vdens"), vnl, "/bin/sh"], options.ours.env)
                server = Process([program, conf], options.ours.env)
                try:
                    client.check("ip addr add 10.0.0.2/16 dev vde0; ip link set vde0 up")
                    wait_for(lambda c=client: _answers(c, "10.0.0.1", "h1.test.local"), who)
                    figure.add(who, _cost_us(client, server.pid, site.names, "udp",
                                             options.seconds, "10.0.0.1")[0])
                finally:
                    server.close()
                    client.close()
        except Skip as error:
            figure.skip(who, str(error))
