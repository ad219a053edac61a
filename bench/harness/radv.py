# SPDX-License-Identifier: LGPL-2.1-or-later
"""iothradvd under a flood: 10,000 hosts a second ask, each from another address.

What counts is the processor's time for one, beside that of a program which receives the same and does
nothing: frames of the network, or messages of a raw socket in a vdens, whose relay is no part of it.  And how
long it takes from SIGTERM to the advertisement that tells hosts of the end, as one of them sees it.
"""
import os

from .figures import Figure
from .networks import BY_NAME
from .processes import Shell, Skip, need, run, text_of, wait_for

OURS = "iothradvd"
SOLICITS = 10000  # a second
FACTOR = 2
FINAL_MS = 100


def _nanoseconds(pid):
    """On a processor, of all threads."""
    tasks = os.listdir(f"/proc/{pid}/task")
    return sum(int(text_of(f"/proc/{pid}/task/{task}/schedstat").split()[0]) for task in tasks)


def _cost_us(options, side, vnl, command, ready, seconds):
    """A solicitation's, for this program in the shell's place."""
    log = f"{options.directory}/radv.log"
    pid = int(side.check(f"{command} >{log} 2>&1 & echo $!"))
    try:
        wait_for(lambda: ready in text_of(log), command.split()[0])
        before = _nanoseconds(pid)
        run([f"{options.build}/test/net/radv_flood", vnl, str(SOLICITS), f"{seconds:.0f}", "alone"],
            timeout=seconds + 60)
        return (_nanoseconds(pid) - before) / 1e3 / (SOLICITS * seconds)
    finally:
        side.run(f"kill {pid}; wait {pid}")


def _final_ms(options, vnl):
    """From SIGTERM to an advertisement with a router lifetime of 0, which a host on the network gets."""
    log = f"{options.directory}/radv-final.log"
    router, host = Shell(["/bin/sh"], options.ours.env), None
    try:
        pid = int(router.check(f"{options.build}/daemon/iothradvd/iothradvd -v -s {vnl} -P 600 -L 1800 fc00::/64/LA"
                               f" >{log} 2>&1 & echo $!"))
        host = Shell([options.ours.need("vdens"), "--up", vnl, "/bin/sh"], options.ours.env)
        # Not before it has advertised, or there is nothing to take back.
        host.check("while ! ip -6 addr show dev vde0 scope link -tentative | grep -q fe80; do sleep 0.05; done")
        host.check("rdisc6 -1 -r 10 -w 1000 vde0", timeout=30)
        return float(host.check(f"{os.path.dirname(__file__)}/../final_advert.py {pid} vde0"))
    finally:
        if host:
            host.close()
        router.close()


def measure_final(options, _):
    figure = Figure("radv-final", "SIGTERM to the final advertisement", "ms", columns=("", OURS))
    figure.fixed(f"<= {FINAL_MS} ms", FINAL_MS)
    try:
        need("rdisc6")
        with BY_NAME["hub"](options.directory) as vnl:
            for _ in range(options.repetitions):
                figure.add(OURS, _final_ms(options, vnl))
    except (Skip, OSError, ValueError) as error:
        figure.skip(OURS, str(error))
    return [figure]


def _programs(options):
    """Figure, shell, and the programs: who, command, its last word before it serves."""
    flood = f"{options.build}/test/net/radv_flood"
    ours = f"{options.build}/daemon/iothradvd/iothradvd -P 600 fc00::/64/LA"
    conf = f"{options.directory}/radvd.conf"
    with open(conf, "w", encoding="ascii") as out:
        out.write("interface vde0 { AdvSendAdvert on; AdvRASolicitedUnicast off; MinRtrAdvInterval 200;"
                  " MaxRtrAdvInterval 600; prefix fc00::/64 { }; };\n")
    target = f"<= {FACTOR}x bare loop"
    network = Figure("radv-network", "a solicitation of a flood, on the network", "us", columns=("bare loop", OURS))
    kernel = Figure("radv-kernel", "a solicitation of a flood, kernel's stack", "us", columns=("bare loop", OURS, "radvd"))
    for figure in (network, kernel):
        figure.times(target, ("bare loop", FACTOR))
    yield network, lambda vnl: ["/bin/sh"], (("bare loop", f"{flood} {{vnl}} sink", "ready"),
                                             (OURS, f"{ours} -s {{vnl}}", "the network is there"))
    yield kernel, lambda vnl: [options.ours.need("vdens"), "--up", vnl, "/bin/sh"], (
        ("bare loop", f"{flood} vde0 raw", "ready"), (OURS, ours, "serving"),
        ("radvd", f"radvd -n -C {conf} -p {options.directory}/radvd.pid -m stderr -d 2", "polling for"))


def measure_flood(options, _):
    figures = []
    for figure, shell, programs in _programs(options):
        figures.append(figure)
        try:
            if options.smoke and "radvd" in figure.columns:
                raise Skip("not beside tests: of IPv6 neighbours the kernel has one table for all namespaces")
            with BY_NAME["hub"](options.directory) as vnl:
                for _ in range(options.repetitions):
                    side = Shell(shell(vnl), options.ours.env)
                    try:
                        for who, command, word in programs:
                            _measure(options, figure, who, side, vnl, command.format(vnl=vnl), word)
                    finally:
                        side.close()
        except (Skip, OSError, ValueError) as error:
            figure.skip(None, str(error))
    return figures


def _measure(options, figure, who, side, vnl, command, word):
    try:
        need(command.split()[0])
        figure.add(who, _cost_us(options, side, vnl, command, word, 1 if options.smoke else max(2, options.seconds)))
    except (Skip, OSError, ValueError) as error:
        figure.skip(who, str(error))
