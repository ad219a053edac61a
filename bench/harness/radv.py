# SPDX-License-Identifier: LGPL-2.1-or-later
"""iothradvd under a flood: 10,000 hosts a second ask, each from another address.

What counts is the processor's time for one, beside that of a program which receives the same and does
nothing: frames of the network, or messages of a raw socket in a vdens, whose relay is no part of it.  And how
long it takes from SIGTERM to the advertisement that tells hosts of the end, as one of them sees it.
"""
import os
import shutil

from .figures import Figure
from .networks import BY_NAME
from .processes import Shell, Skip, run, text_of, wait_for

COLUMNS = ("bare", "iothradvd", "ceiling")
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


def _final_ms(options, ours, vnl):
    """From SIGTERM to an advertisement with a router lifetime of 0, which a host on the network gets."""
    log = f"{options.directory}/radv-final.log"
    router, host = Shell(["/bin/sh"], ours.env), None
    try:
        pid = int(router.check(f"{options.build}/daemon/iothradvd/iothradvd -v -s {vnl} -P 600 -L 1800 fc00::/64/LA"
                               f" >{log} 2>&1 & echo $!"))
        host = Shell([ours.need("vdens"), "--up", vnl, "/bin/sh"], ours.env)
        # Not before it has advertised, or there is nothing to take back.
        host.check("while ! ip -6 addr show dev vde0 scope link -tentative | grep -q fe80; do sleep 0.05; done")
        host.check("rdisc6 -1 -r 10 -w 1000 vde0", timeout=30)
        return float(host.check(f"{os.path.dirname(__file__)}/../final_advert.py {pid} vde0"))
    finally:
        if host:
            host.close()
        router.close()


def _measure_final(options, ours):
    figure = Figure("radv-final", "  SIGTERM to the final advertisement", "ms", columns=COLUMNS)
    figure.target(f"<= {FINAL_MS} ms", lambda: figure.samples.get("iothradvd", []),
                  lambda: [FINAL_MS] * len(figure.samples.get("iothradvd", [])))
    try:
        if not shutil.which("rdisc6"):
            raise Skip("rdisc6 is not installed")
        with BY_NAME["hub"](options.directory) as vnl:
            for _ in range(options.repetitions):
                figure.add("iothradvd", _final_ms(options, ours, vnl))
    except (Skip, OSError, ValueError) as error:
        figure.skip("both", str(error))
    return figure


def _figure(key, title):
    figure = Figure(key, title, "us", columns=COLUMNS)
    figure.target(f"<= {FACTOR}x bare", lambda: figure.samples.get("iothradvd", []),
                  lambda: [FACTOR * value for value in figure.samples.get("bare", [])])
    return figure


def measure_radv(options, impls):
    ours = next((impl for impl in impls if impl.name == "ours"), None)
    if ours is None:
        return []
    flood = f"{options.build}/test/net/radv_flood"
    radvd = f"{options.build}/daemon/iothradvd/iothradvd -P 600 fc00::/64/LA"
    seconds = max(2, options.seconds)
    places = {  # shell, what receives, what the daemon is told, its last word before it serves
        _figure("radv-network", f"iothradvd: {SOLICITS} solicitations a second, one"):
            (lambda vnl: ["/bin/sh"], "{vnl} sink", "-s {vnl}", "the network is there"),
        _figure("radv-kernel", "  on the kernel's stack"):
            (lambda vnl: [ours.need("vdens"), "--up", vnl, "/bin/sh"], "vde0 raw", "", "serving"),
    }
    for figure, (shell, sink, stack, ready) in places.items():
        try:
            with BY_NAME["hub"](options.directory) as vnl:
                for _ in range(options.repetitions):
                    side = Shell(shell(vnl), ours.env)
                    try:
                        for who, command, word in (
                                ("bare", f"{flood} {sink.format(vnl=vnl)}", "ready"),
                                ("iothradvd", f"{radvd} {stack.format(vnl=vnl)}", ready)):
                            figure.add(who, _cost_us(options, side, vnl, command, word, seconds))
                    finally:
                        side.close()
        except (Skip, OSError, ValueError) as error:
            figure.skip("both", str(error))
    return list(places) + [_measure_final(options, ours)]
