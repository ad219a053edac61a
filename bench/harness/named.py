# SPDX-License-Identifier: LGPL-2.1-or-later
"""iothnamed beside dnsmasq, knotd and unbound: what a query costs the server's processor.

dnsperf asks over loopback, in a network namespace of its own.  It saturates before any server does, so the
server's processor time divided by the queries that it has answered is what is compared.
"""
import os
import re
import shutil
from contextlib import contextmanager
from statistics import median

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Shell, Skip, resident_mib, seconds_of, wait_for

COLUMNS = ("dnsmasq", "iothnamed", "knotd")
CACHE = ("unbound", "iothnamed", "ceiling")
STACKS = ("vdestack", "picox", "kernel")
PATH = ("direct", "forwarded", "ceiling")
NAMES = 1000
RRSETS = 100000

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


def _write(path, lines):
    with open(path, "w", encoding="ascii") as out:
        out.writelines(line + "\n" for line in lines)
    return path


class _Site:
    """The files of all servers, in one directory: the same thousand names, whoever serves them."""

    def __init__(self, directory):
        self.directory = directory
        numbers = range(NAMES)
        self.names = _write(f"{directory}/names", [f"h{n}.test.local A" for n in numbers])
        self.hashed = _write(f"{directory}/hashed", [f"h{n}.hash.local AAAA" for n in numbers])
        self.many = _write(f"{directory}/many", [f"h{n}.many.local A" for n in range(RRSETS)])
        self.hosts = _write(f"{directory}/hosts", [f"{_address(n)} h{n}.test.local" for n in numbers])
        _write(f"{directory}/zone",
               ["$ORIGIN test.local.", "$TTL 3600", "@ SOA ns hostmaster 1 3600 600 86400 300",
                "@ NS ns", "ns A 10.0.0.1"] + [f"h{n} A {_address(n)}" for n in numbers])
        self.knot = {address: _write(f"{directory}/knot.{address}",
                                     KNOT.format(address=address, directory=directory).splitlines())
                     for address in ("127.0.0.1", BEYOND)}
        self.unbound = _write(f"{directory}/unbound.conf", UNBOUND.splitlines())
        self.serving = ["net w ::/0", "auth accept w",
                        *(f"static A h{n}.test.local {_address(n)}" for n in numbers),
                        "auth static w .test.local", "auth hash w .hash.local fc00::"]
        self.local = self.configuration("local", [])
        forward = ["net w ::/0", "auth accept w", f"dns {BEYOND}"]
        self.cache = _write(f"{directory}/cache.rc", forward + ["auth cache w .", "auth fwd w ."])
        self.forward = _write(f"{directory}/forward.rc", forward + ["auth fwd w ."])
        self.dead = _write(f"{directory}/dead.rc",
                           ["net w ::/0", f"dns {SILENT}", f"dns {BEYOND}", "auth fwd w ."])

    def configuration(self, name, stack):
        return _write(f"{self.directory}/{name}.rc", stack + self.serving)


@contextmanager
def _serving(side, argv, address="127.0.0.1", name="h1.test.local"):
    """A server in the shell's namespace, or beyond; gives its process id once it answers."""
    program = argv.split()[0]
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")
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


def _figure(key, title, unit, columns, target="", limits=None, higher=False):
    """`limits`: from the samples of one repetition, by column, to the limit of that of ours."""
    figure = Figure(key, title, unit, higher, columns)
    if target:
        figure.target(target, lambda: figure.samples.get(columns[1], []), lambda: limits(figure))
    return figure


def _times(factor, who):
    return lambda figure: [value * factor for value in figure.samples.get(who, [])]


def _fixed(limit):
    return lambda figure: [limit] * len(figure.samples.get(figure.columns[1], []))


def _lowest(*limits):
    return lambda figure: [min(values) for values in zip(*(limit(figure) for limit in limits))]


def measure_named(options, impls):
    ours = next((impl for impl in impls if impl.name == "ours"), None)
    if ours is None:
        return []
    udp = _figure("named-udp", "static over UDP, a query", "us", COLUMNS,
                  "<= 0.5x dnsmasq, 1x knotd", _lowest(_times(0.5, "dnsmasq"), _times(1, "knotd")))
    rate = _figure("named-rate", "  queries", "1000/s", COLUMNS, ">= 1x knotd", _times(1, "knotd"),
                   higher=True)
    hashed = _figure("named-hash", "  hash over UDP", "us", COLUMNS, "<= 1.1x static",
                     lambda _: [value * 1.1 for value in udp.samples.get("iothnamed", [])])
    tcp = _figure("named-tcp", "  static over TCP", "us", COLUMNS, "<= 2x UDP",
                  lambda _: [value * 2 for value in udp.samples.get("iothnamed", [])])
    idle = _figure("named-idle", "  memory, idle", "MiB", COLUMNS, "<= 10 MiB", _fixed(10))
    cache = _figure("named-cache", "out of the cache, a query", "us", CACHE, "<= 0.7x unbound",
                    _times(0.7, "unbound"))
    memory = _figure("named-memory", "  memory, 100,000 RRsets", "MiB", CACHE, "<= 64 MiB",
                     _fixed(64))
    delay = _figure("named-forward", "a query there and back, forwarded", "us", PATH,
                    "<= 100 us more", lambda figure:
                    [value + 100 for value in figure.samples.get("direct", [])])
    dead = _figure("named-dead", "  the longest, one of two forwarders dead", "ms", PATH,
                   "< 400 ms", _fixed(400))
    stacks = _figure("named-stacks", "static over UDP, a query, on a vde_switch", "us", STACKS,
                     "<= 0.5x vdestack", _times(0.5, "vdestack"))
    figures = [udp, rate, hashed, tcp, idle, cache, memory, delay, dead, stacks]
    program = f"{options.build}/daemon/iothnamed/iothnamed"
    try:
        for needed in ("dnsperf", "dig"):
            if not shutil.which(needed):
                raise Skip(f"{os.path.basename(needed)} is not there")
        site = _Site(options.directory)
        for repetition in range(options.repetitions):
            side = Shell(["unshare", "-rn", "/bin/sh"], ours.env)
            try:
                side.check(NAMESPACES, timeout=10)
                _local(side, site, program, options.seconds, (udp, rate, hashed, tcp, idle))
                _cached(side, site, program, options.seconds, cache,
                        memory if repetition == 0 or options.thorough else None)
                _forwarded(side, site, program, delay, dead)
            finally:
                side.close()
            _on_stacks(options, ours, site, program, stacks)
    except (Skip, OSError) as error:
        for figure in figures:
            figure.skip("both", str(error))
    return figures


def _local(side, site, program, seconds, figures):
    udp, rate, hashed, tcp, idle = figures
    for who, argv in (
            ("iothnamed", f"{program} {site.local}"),
            ("knotd", f"knotd -c {site.knot['127.0.0.1']}"),
            ("dnsmasq", "dnsmasq -d -C /dev/null --user=root --group=root --no-hosts --no-resolv --pid-file="
                        f" --addn-hosts={site.hosts}")):
        try:
            with _serving(side, argv) as pid:
                idle.add(who, resident_mib(pid))
                for figure, queries, mode in ((udp, site.names, "udp"), (hashed, site.hashed, "udp"),
                                              (tcp, site.names, "tcp")):
                    if figure is hashed and who != "iothnamed" or \
                            figure is tcp and who == "dnsmasq":  # forks for each connection
                        continue
                    cost, per_second = _cost_us(side, pid, queries, mode, seconds)
                    figure.add(who, cost)
                    if figure is udp:
                        rate.add(who, per_second / 1e3)
        except Skip as error:
            for figure in figures:
                figure.skip(who, str(error))


@contextmanager
def _upstream(side, site):
    with _serving(side, f"knotd -c {site.knot[BEYOND]}", BEYOND) as pid:
        yield pid


def _cached(side, site, program, seconds, cache, memory):
    many = "dnsmasq -d -C /dev/null --user=root --group=root --no-hosts --no-resolv --pid-file=" \
           " --address=/many.local/10.2.0.1" \
           f" --addn-hosts={site.hosts} --local-ttl=3600"
    for who, argv in (("iothnamed", f"{program} {site.cache}"),
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


def _forwarded(side, site, program, delay, dead):
    try:
        with _upstream(side, site):
            one = "-c 1 -q 1 -v"
            delay.add("direct", median(_Load(side, site.names, one, BEYOND).latencies_us))
            with _serving(side, f"{program} {site.forward}"):
                delay.add("forwarded", median(_Load(side, site.names, one).latencies_us))
            # A forwarder that says nothing, not even that nobody listens there.
            silent = side.check(f"$beyond socat -u UDP4-RECV:53,bind={SILENT} /dev/null"
                                " >/dev/null 2>&1 & echo $!").strip()
            try:
                with _serving(side, f"{program} {site.dead}"):
                    dead.add("forwarded", max(_Load(side, site.names, one).latencies_us) / 1e3)
            finally:
                side.run(f"kill {silent}; wait {silent}")
    except Skip as error:
        delay.skip("both", str(error))
        dead.skip("both", str(error))


def _on_stacks(options, ours, site, program, figure):
    """The client is the kernel's stack in a vdens; the server's relay is part of the server."""
    for who in ("vdestack", "picox"):
        try:
            with BY_NAME["switch"](options.directory) as vnl:
                conf = site.configuration(who, [f"rstack stack={who},vnl={vnl}",
                                                "rstack ip=10.0.0.1/16,eth"])
                client = Shell([ours.need("vdens"), vnl, "/bin/sh"], ours.env)
                server = Process([program, conf], ours.env)
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
