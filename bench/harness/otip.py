# SPDX-License-Identifier: LGPL-2.1-or-later
"""otip_rproxy beside haproxy (TCP) and nginx (UDP): all on the kernel's stack, over loopback.

A network namespace has the server, the proxies, each with one thread, and the load.  Clients wait for their answers
(relay_load), so nothing is lost, and a proxy's processor time can be divided by what it has passed on.
"""
import json
import shutil

from .figures import Figure
from .processes import Shell, Skip, resident_mib, seconds_of, wait_for

COLUMNS = ("haproxy", "otip_rproxy", "nginx")
UDP_COLUMNS = ("nginx", "otip_rproxy", "haproxy")
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
        if not shutil.which(command.split()[0]):
            raise Skip(f"{command.split()[0]} is not installed")
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


def _bulk(proxy, seconds, rate, cost):
    said, spent = _loaded(proxy, f"iperf3 -J -c {proxy.address} -p {proxy.port + 1} -t {round(seconds)}")
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


def _figure(key, title, unit, columns=COLUMNS, factor=None, most=None, higher=True):
    figure = Figure(key, title, unit, higher, columns)
    ours = columns[1]
    if factor:
        figure.target(f">= {factor:g}x {columns[0]}", lambda: figure.samples.get(ours, []),
                      lambda: [factor * value for value in figure.samples.get(columns[0], [])])
    if most:
        figure.target(f"<= {most} {unit}", lambda: figure.samples.get(ours, []),
                      lambda: [most] * len(figure.samples.get(ours, [])))
    return figure


def measure_otip(options, impls):
    ours = next((impl for impl in impls if impl.name == "ours"), None)
    if ours is None:
        return []
    rate = _figure("otip-tcp", "TCP through a proxy", "Gbit/s", factor=0.8)
    cost = _figure("otip-tcp-cost", "  its processor time", "s/GB", higher=False)
    connects = _figure("otip-connects", "  connections, a byte there and back", "1000/s")
    memory = _figure("otip-memory", "  memory, 1,000 connections", "MiB", most=50, higher=False)
    udp = _figure("otip-udp", "UDP there and back, 16 clients", "1000/s", UDP_COLUMNS, factor=1)
    udp_cost = _figure("otip-udp-cost", "  its processor time", "us", UDP_COLUMNS, higher=False)
    single = _figure("otip-udp-single", "  of one client, 8 under way", "1000/s", UDP_COLUMNS)
    figures = [rate, cost, connects, memory, udp, udp_cost, single]
    try:
        for _ in range(options.repetitions):
            side, running = Shell(["unshare", "-rn", "/bin/sh"], ours.env), []
            try:
                proxies, reasons, running = _begin(side, options)
                running += [str(proxy.pid) for proxy in proxies]
                for who, reason in reasons.items():
                    for figure in figures:
                        figure.skip(who, reason)
                for proxy in proxies:
                    _bulk(proxy, options.seconds, rate, cost)
                    _connects(options, proxy, connects)
                    if proxy.who != "haproxy":
                        _udp(options, proxy, 16, udp, udp_cost)
                        _udp(options, proxy, 1, single)
                    _memory(options, proxy, memory)
            finally:
                side.run(f"kill {' '.join(running)}; wait {' '.join(running)}")
                side.close()
    except (Skip, OSError, ValueError, KeyError) as error:
        for figure in figures:
            figure.skip("both", str(error))
    return figures
