# SPDX-License-Identifier: LGPL-2.1-or-later
"""namedhcp4 beside kea-dhcp4 (memfile): four-message exchanges, and what one costs the server's processor.

test/net/dhcp4_load is a thousand clients with a thousand names, WINDOW of them at a time: the same packets
for both servers, over a veth between two network namespaces.  namedhcp4 asks iothnamed, which runs beside
it: an exchange has to wait for names that are not known yet.  kea keeps its leases in memory alone, which
is the faster of the two things that its memfile can do.  In VNL mode the clients are on a vde_switch.
"""
import json
import os
import shutil
from contextlib import contextmanager

from .figures import Figure
from .named import NAMESPACES, _write
from .networks import BY_NAME
from .processes import Shell, Skip, seconds_of, wait_for
from .sockets import _lines

COLUMNS = ("kea-dhcp4", "namedhcp4", "on VDE")
NAMES = 1000
WINDOW = 32
SERVER = "10.3.0.1"  # the near end of the veth


def _address(number):
    return f"10.3.{1 + number // 250}.{number % 250 + 1}"


def _named(directory):
    text = '"mask=255.255.0.0,router=10.3.0.254,dns=10.3.0.1,domname=test.local"'
    lines = ["net w ::/0"]
    for n in range(NAMES):
        lines += [f"static A h{n}.test.local {_address(n)}", f"static TXT h{n}.test.local {text}"]
    return _write(f"{directory}/dhcp4.rc", lines + ["auth static w .test.local"])


def _kea(directory):
    options = {"routers": "10.3.0.254", "domain-name-servers": "10.3.0.1", "domain-name": "test.local"}
    subnet = {"id": 1, "subnet": "10.3.0.0/16", "interface": "up0",
              "pools": [{"pool": "10.3.1.1 - 10.3.200.250"}],
              "option-data": [{"name": name, "data": data} for name, data in options.items()]}
    conf = {"Dhcp4": {
        "interfaces-config": {"interfaces": ["up0"], "dhcp-socket-type": "raw"},
        "lease-database": {"type": "memfile", "persist": False},
        "valid-lifetime": 3600, "subnet4": [subnet],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
                     "output_options": [{"output": "stdout"}]}]}}
    # Without a line of log for each message, as a busy server is run.
    for name in ("leases", "packets", "options", "ddns", "alloc-engine", "dhcpsrv", "bad-packets"):
        conf["Dhcp4"]["loggers"].append({"name": f"kea-dhcp4.{name}", "severity": "ERROR"})
    return _write(f"{directory}/kea4.json", [json.dumps(conf)])


@contextmanager
def _running(side, directory, argv, ready):
    """A server in the shell's namespace; gives its process id once it has said `ready`."""
    program = os.path.basename(argv.split()[0])
    log = f"{directory}/{program}.log"
    pid = side.check(f"env KEA_PIDFILE_DIR={directory} KEA_LOCKFILE_DIR={directory} {argv}"
                     f" >{log} 2>&1 & echo $!").strip()
    try:
        wait_for(lambda: side.run(f"grep -q '{ready}' {log}")[0] == 0, program)
        yield int(pid)
    finally:
        side.run(f"kill {pid}; wait {pid}")


def _measure(side, pid, load, place, seconds):
    """(exchanges a second, microseconds of processor for one, 99 % within so many us)"""
    side.check(f"{load} {place} exchange {NAMES} {WINDOW} 1")  # caches, and kea's leases
    before = seconds_of(pid)
    found = _lines(side.check(f"{load} {place} exchange {NAMES} {WINDOW} {seconds:.0f}",
                              timeout=seconds + 30))
    if not found["exchanges"]:
        raise Skip("no exchange has come to its end")
    used = seconds_of(pid) - before
    return found["a_second"], used * 1e6 / found["exchanges"], found["p99_us"] / 1e3


def measure_dhcp4(options, impls):
    ours = next((impl for impl in impls if impl.name == "ours"), None)
    if ours is None:
        return []
    rate = Figure("dhcp4-rate", "DHCPv4: four-message exchanges", "1/s", True, COLUMNS)
    cost = Figure("dhcp4-cost", "  the server's processor for one", "us", columns=COLUMNS)
    late = Figure("dhcp4-p99", "  99 % of them within", "ms", columns=COLUMNS)
    figures = [rate, cost, late]
    for figure, text in ((rate, ">= 1x kea-dhcp4"), (cost, "<= 1x kea-dhcp4")):
        figure.target(text, lambda f=figure: f.samples.get(COLUMNS[1], []),
                      lambda f=figure: f.samples.get(COLUMNS[0], []))
    directory = options.directory
    load = f"{options.build}/test/net/dhcp4_load"
    named = f"{options.build}/daemon/iothnamed/iothnamed -v {_named(directory)}"
    server = f"{options.build}/daemon/namedhcp/namedhcp4 -n 127.0.0.1 -I {SERVER}"
    kea = f"kea-dhcp4 -c {_kea(directory)}"

    def add(who, *arguments):
        for figure, value in zip(figures, _measure(*arguments)):
            figure.add(who, value)

    for _ in range(options.repetitions):
        try:
            side = Shell(["unshare", "-rn", "/bin/sh"], ours.env)
            try:
                side.check(NAMESPACES, timeout=10)
                with _running(side, directory, named, "serving"):
                    with _running(side, directory, f"{server} -i up0", "serving") as pid:
                        add(COLUMNS[1], side, pid, f"$beyond {load}", "up1", options.seconds)
                    with BY_NAME["switch"](directory) as vnl, \
                            _running(side, directory, f"{server} -s {vnl}", "serving") as pid:
                        add(COLUMNS[2], side, pid, load, vnl, options.seconds)
                if not shutil.which("kea-dhcp4"):
                    raise Skip("kea-dhcp4 is not installed")
                with _running(side, directory, kea, "DHCP4_STARTED") as pid:
                    add(COLUMNS[0], side, pid, f"$beyond {load}", "up1", options.seconds)
            finally:
                side.close()
        except (Skip, OSError) as error:
            for figure in figures:
                figure.skip(COLUMNS[0] if COLUMNS[1] in rate.samples else "both", str(error))
            break
    return figures
