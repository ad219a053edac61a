# SPDX-License-Identifier: LGPL-2.1-or-later
"""namedhcp4 beside kea-dhcp4 (memfile): four-message exchanges, and what one costs the server's processor.

test/net/dhcp4_load is a thousand clients with a thousand names, WINDOW of them at a time: the same packets
for both servers, over a veth between two network namespaces.  namedhcp4 asks iothnamed, which runs beside
it: an exchange has to wait for names that are not known yet.  kea keeps its leases in memory alone, which
is the faster of the two things that its memfile can do.  In VNL mode the clients are on a vde_switch.
"""
import json
import os
from contextlib import contextmanager

from .figures import Figure
from .named import NAMESPACES, write
from .networks import BY_NAME
from .processes import Shell, Skip, need, seconds_of, wait_for
from .sockets import lines

OURS, KEA = "namedhcp4", "kea-dhcp4"
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
    return write(f"{directory}/dhcp4.rc", lines + ["auth static w .test.local"])


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
    return write(f"{directory}/kea4.json", [json.dumps(conf)])


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
    side.check(f"{load} {place} exchange {NAMES} {WINDOW} {min(seconds, 1):g}")  # caches, and kea's leases
    before = seconds_of(pid)
    found = lines(side.check(f"{load} {place} exchange {NAMES} {WINDOW} {seconds:g}", timeout=seconds + 60))
    if not found["exchanges"]:
        raise Skip("no exchange has come to its end")
    used = seconds_of(pid) - before
    return found["a_second"], used * 1e6 / found["exchanges"], found["p99_us"] / 1e3


def _figures(where, columns):
    return [Figure(f"dhcp4-rate{where and '-vnl'}", f"DHCPv4 exchanges{where}", "1/s", True, columns),
            Figure(f"dhcp4-cost{where and '-vnl'}", f"DHCPv4{where}, processor an exchange", "us", columns=columns),
            Figure(f"dhcp4-p99{where and '-vnl'}", f"DHCPv4{where}, 99 % within", "ms", columns=columns)]


def measure_dhcp4(options, _):
    veth, vnl_mode = _figures("", (KEA, OURS)), _figures(" on a vde_switch", ("", OURS))
    veth[0].times(">= 1x kea-dhcp4", (KEA, 1))
    veth[1].times("<= 1x kea-dhcp4", (KEA, 1))
    directory = options.directory
    load = f"{options.build}/test/net/dhcp4_load"
    named = f"{options.build}/daemon/iothnamed/iothnamed -v {_named(directory)}"
    server = f"{options.build}/daemon/namedhcp/namedhcp4 -n 127.0.0.1 -I {SERVER}"
    kea = f"kea-dhcp4 -c {_kea(directory)}"

    def measure(figures, who, *arguments):
        for figure, value in zip(figures, _measure(*arguments, options.seconds)):
            figure.add(who, value)

    for _ in range(options.repetitions):
        who = None
        try:
            side = Shell(["unshare", "-rn", "/bin/sh"], options.ours.env)
            try:
                side.check(NAMESPACES)
                with _running(side, directory, named, "serving"):
                    with _running(side, directory, f"{server} -i up0", "serving") as pid:
                        measure(veth, OURS, side, pid, f"$beyond {load}", "up1")
                    with BY_NAME["switch"](directory) as vnl, \
                            _running(side, directory, f"{server} -s {vnl}", "serving") as pid:
                        measure(vnl_mode, OURS, side, pid, load, vnl)
                who = KEA
                need("kea-dhcp4")
                with _running(side, directory, kea, "DHCP4_STARTED") as pid:
                    measure(veth, KEA, side, pid, f"$beyond {load}", "up1")
            finally:
                side.close()
        except (Skip, OSError) as error:
            for figure in veth + (vnl_mode if who is None else []):
                figure.skip(who, str(error))
    return veth + vnl_mode
