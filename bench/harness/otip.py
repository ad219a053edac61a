# SPDX-License-Identifier: LGPL-2.1-or-later
"""otip_rproxy beside haproxy (TCP) and nginx (UDP): all on the kernel's stack, over loopback.

A network namespace has the server, the proxies, each with one thread, and the load.  Clients wait for their answers
(relay_load), so nothing is lost, and a proxy's processor time can be divided by what it has passed on.
"""
import json

from .figures import Figure
from .networks import hub
from .processes import Shell, Skip, need, resident_mib, run, seconds_of, wait_for
from .sockets import lines

OURS = "otip_rproxy"
TCP, UDP = ("haproxy", OURS, "nginx"), ("nginx", OURS)
SERVER, BULK = 5301, 5201
# Of period 0: for ever.
ADDRESS = "fc01::a086:5677:2679:16f9"
HELD = 1000

HAPROXY = """global
    nbthread 1
    maxconn 5000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen echo
    bind [::1]:4000
    server s [::1]:{server}
listen bulk
    bind [::1]:4001
    server s [::1]:{bulk}
"""

NGINX = """load_module {modules}/ngx_stream_module.so;
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 16384; multi_accept on; }}
stream {{
    server {{ listen [::1]:4010; proxy_pass [::1]:{server}; }}
    server {{ listen [::1]:4010 udp; proxy_pass [::1]:{server}; proxy_timeout 8s; }}
    server {{ listen [::1]:4011; proxy_pass [::1]:{bulk}; }}
}}
"""
MODULES = "/usr/lib/nginx/modules"

OURS = "extstack stack=kernel,iface=lo\nname renzo.otip\nbase fc01::\npasswd mypassword\notip_period 0\ndrain 0\n" \
       "tcp 4020,::1,{server}\nudp 4020,::1,{server}\ntcp 4021,::1,{bulk}\n"


class _Proxy:
    """One of the three: where it is reached, and what it costs."""

    def __init__(self, side, who, command, address, port):
        need(command.split()[0])
        self.side, self.who, self.address, self.port = side, who, address, port
        self.pid = int(side.check(f"{command} >/dev/null 2>&1 & echo $!"))

    def seconds(self):
        return seconds_of(self.pid)

    def resident_mib(self):
        return resident_mib(self.pid)

    def answers(self, port):
        return self.side.run(f"nc -z {self.address} {port}")[0] == 0


def _write(directory, name, text, **values):
    path = f"{directory}/{name}"
    with open(path, "w", encoding="ascii") as out:
        out.write(text.format(server=SERVER, bulk=BULK, directory=directory, modules=MODULES, **values))
    return path


def _begin(side, options):
    """The proxies that there are, why others are not, and the servers' process ids."""
    load = f"{options.programs}/relay_load"
    rproxy = f"{options.build}/daemon/otip_rproxy/otip_rproxy"
    side.check("ulimit -n 20000; ip link set lo up")
    servers = side.check(f"{load} serve {SERVER} >/dev/null & echo $!;"
                         f" iperf3 -s -B ::1 -p {BULK} >/dev/null 2>&1 & echo $!").split()
    proxies, reasons = [], {}
    for who, command, address, port in (
            ("haproxy", f"haproxy -db -f {_write(options.directory, 'haproxy', HAPROXY)}", "::1", 4000),
            ("nginx", f"nginx -e /dev/null -c {_write(options.directory, 'nginx', NGINX)}", "::1", 4010),
            ("otip_rproxy", f"{rproxy} -f {_write(options.directory, 'otip.rc', OURS)}", ADDRESS, 4020)):
        try:
            proxy = _Proxy(side, who, command, address, port)
            wait_for(lambda p=proxy: p.answers(p.port) and p.answers(p.port + 1), who)
            proxies.append(proxy)
        except Skip as error:
            reasons[who] = str(error)
    return proxies, reasons, servers


def _loaded(proxy, command):
    """What a load says, and the proxy's seconds for it."""
    before = proxy.seconds()
    text = proxy.side.check(command, timeout=60)
    return json.loads(text), proxy.seconds() - before


def _bulk(proxy, amount, rate, cost):
    said, spent = _loaded(proxy, f"iperf3 -J -c {proxy.address} -p {proxy.port + 1} {amount}")
    if "sum_received" not in said["end"]:
        raise Skip(f"iperf3: {said.get('error', 'nothing arrived')}")
    received = said["end"]["sum_received"]
    rate.add(proxy.who, received["bits_per_second"] / 1e9)
    cost.add(proxy.who, spent / (received["bytes"] / 1e9))


def _udp(options, proxy, clients, rate, cost=None):
    said, spent = _loaded(proxy, f"{options.programs}/relay_load udp {proxy.address} {proxy.port}"
                                 f" {options.seconds} {clients} 64")
    rate.add(proxy.who, said["per_second"] / 1e3)
    if cost:
        cost.add(proxy.who, spent * 1e6 / max(said["count"], 1))


def _connects(options, proxy, rate):
    said, _ = _loaded(proxy, f"{options.programs}/relay_load connects {proxy.address} {proxy.port}"
                             f" {options.seconds} 16")
    rate.add(proxy.who, said["per_second"] / 1e3)


def _memory(options, proxy, memory):
    """Connections that are held end with the file that their client reads."""
    side, hold = proxy.side, f"{options.directory}/hold"
    side.check(f"rm -f {hold} {hold}.out; mkfifo {hold}")
    pid = side.check(f"{options.programs}/relay_load hold {proxy.address} {proxy.port} {HELD} <{hold} >{hold}.out"
                     f" 2>&1 & echo $!").strip()
    side.check(f"exec 9>{hold}")
    try:
        wait_for(lambda: side.run(f"grep -q held {hold}.out")[0] == 0, f"{HELD} connections", 20)
        memory.add(proxy.who, proxy.resident_mib())
    finally:
        side.run(f"exec 9>&-; wait {pid}")


def measure_windows(options, _):
    """An address of one stack, or a stack each; on a hub, as a network for any number of ports."""
    figures = [Figure(f"otip-window-{stack}", f"a window, an address on {stack}", "us", columns=("a stack each", stack))
               for stack in ("picox", "vdestack")]
    program = f"{options.programs}/otip_windows"
    try:
        with hub(options.directory) as vnl:
            for _ in range(options.repetitions):
                for figure in figures:
                    for who, how, many in zip(figure.columns, ("each", "one"), (20, 200)):
                        try:
                            found = lines(run([program, how, figure.ours, vnl, f"{max(many * options.seconds, 4):.0f}", "2"], env=options.ours.env))
                            figure.add(who, found["processor_us"])
                        except Skip as error:
                            figure.skip(who, str(error))
    except Skip as error:
        for figure in figures:
            figure.skip(None, str(error))
    return figures


def measure_proxies(options, _):
    rate = Figure("otip-tcp", "TCP through a proxy", "Gbit/s", True, TCP).times(">= 0.8x haproxy", ("haproxy", 0.8))
    cost = Figure("otip-tcp-cost", "TCP through a proxy, its processor", "s/GB", columns=TCP)
    connects = Figure("otip-connects", "connections, a byte there and back", "1000/s", True, TCP)
    memory = Figure("otip-memory", "memory, 1,000 connections", "MiB", columns=TCP).fixed("<= 50 MiB", 50)
    udp = Figure("otip-udp", "UDP there and back, 16 clients", "1000/s", True, UDP).times(">= 1x nginx", ("nginx", 1))
    udp_cost = Figure("otip-udp-cost", "UDP there and back, its processor", "us", columns=UDP)
    single = Figure("otip-udp-single", "UDP there and back, one client", "1000/s", True, UDP)
    figures = [rate, cost, connects, memory, udp, udp_cost, single]
    try:
        for _ in range(options.repetitions):
            side, running = Shell(["unshare", "-rn", "/bin/sh"], options.ours.env), []
            try:
                proxies, reasons, running = _begin(side, options)
                running += [str(proxy.pid) for proxy in proxies]
                for who, reason in reasons.items():
                    for figure in figures:
                        if who in figure.columns:
                            figure.skip(who, reason)
                for proxy in proxies:
                    _proxy(options, proxy, figures)
            finally:
                side.run(f"kill {' '.join(running)}; wait {' '.join(running)}")
                side.close()
    except (Skip, OSError, ValueError) as error:
        for figure in figures:
            figure.skip(None, str(error))
    return figures


def _proxy(options, proxy, figures):
    rate, cost, connects, memory, udp, udp_cost, single = figures
    jobs = [((rate, cost), lambda: _bulk(proxy, options.amount, rate, cost)),
            ((connects,), lambda: _connects(options, proxy, connects)),
            ((memory,), lambda: _memory(options, proxy, memory))]
    if proxy.who in UDP:
        jobs += [((udp, udp_cost), lambda: _udp(options, proxy, 16, udp, udp_cost)),
                 ((single,), lambda: _udp(options, proxy, 1, single))]
    for about, measure in jobs:
        try:
            measure()
        except (Skip, ValueError, KeyError) as error:
            for figure in about:
                figure.skip(proxy.who, f"{proxy.who}: {error}")
