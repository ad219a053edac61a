# SPDX-License-Identifier: LGPL-2.1-or-later
"""TCP of the user-space stack: beside the kernel's on a bad path, beside vdestack over a switch.

The programs are those of the tests: test/net/impair is the path, test/net/tcp_peer both ends.
"""
from contextlib import ExitStack

from .figures import Figure
from .networks import BY_NAME
from .processes import Process, Skip

SEEDS = 6
BOTTLENECK = ("rate=20", "queue=100000")


def _side(options, stack, vnl, address, *words):
    peer = f"{options.build}/test/net/tcp_peer"
    if stack == "kernel":
        return [options.ours.need("vdens"), vnl, peer, "kernel", "-", f"ip={address}/24", *words]
    return [peer, stack, vnl, f"ip={address}/24", *words]


def _until(process, word):
    for line in process.popen.stdout:
        if line.startswith(word):
            return line
    raise Skip(f"{process.popen.args[0]}: ended early")


def _transfer(options, vnls, stacks, words, context):
    """Starts server and client; returns the client, whose last line tells the time."""
    server = Process(_side(options, stacks[0], vnls[0], "10.0.0.1", "serve"), options.ours.env,
                     stdout=-1, text=True)
    context.callback(server.close)
    _until(server, "listening")
    client = Process(_side(options, stacks[1], vnls[1], "10.0.0.2", "connect", "10.0.0.1",
                           *words), options.ours.env, stdout=-1, text=True)
    context.callback(client.close)
    return client


def _seconds(client):
    word = _until(client, "connections").split()
    return float(word[word.index("seconds") + 1])


def _goodput(options, sender, congestion, *path_words):
    """Mbit/s over all seeds, which run at the same time: each has a path of its own."""
    with ExitStack() as context:
        clients = []
        for seed in range(1, SEEDS + 1):
            left, right = (f"ptp://{options.directory}/{sender}{seed}{end}" for end in "lr")
            path = Process([f"{options.build}/test/net/impair", left, right, "loss=1", "delay=25",
                            f"seed={seed}", *path_words], stdout=-1, text=True)
            context.callback(path.close)
            _until(path, "ready")
            clients.append(_transfer(options, (left, right), ("kernel", sender),
                                     (f"up={options.lossy}", f"congestion={congestion}"), context))
        return SEEDS * options.lossy * 8 / 1e6 / sum(_seconds(client) for client in clients)


def _stream(options, stack):
    with BY_NAME["switch"](options.directory) as vnl, ExitStack() as context:
        client = _transfer(options, (vnl, vnl), (stack, stack), (f"up={options.stream}",), context)
        return options.stream * 8 / 1e9 / _seconds(client)


def _measure(figure, who, measure):
    try:
        figure.add(who, measure())
    except Skip as error:
        figure.skip(who, str(error))


def measure_tcp(options, _):
    bad = Figure("tcp-goodput-reno", "TCP, 1 % loss, 50 ms, reno", "Mbit/s", True, ("kernel", "picox"))
    bad.times(">= 0.95x kernel", ("kernel", 0.95))
    # BBR needs a bottleneck, or there is nothing to find.  The kernel's is version 1, which takes no
    # notice of loss; version 3 slows down by about what is lost until it tries for more.
    bbr = Figure("tcp-goodput-bbr", "TCP, 1 % loss, 50 ms, 20 Mbit/s, bbr", "Mbit/s", True, ("kernel", "picox"))
    bbr.times(">= 0.6x kernel", ("kernel", 0.6))
    switch = Figure("tcp-switch", "TCP, bytes made and compared, vde_switch", "Gbit/s", True, ("vdestack", "picox"))
    switch.times(">= 1x vdestack", ("vdestack", 1))
    for stack in ("kernel", "picox"):
        _measure(bad, stack, lambda: _goodput(options, stack, "reno"))
        _measure(bbr, stack, lambda: _goodput(options, stack, "bbr", *BOTTLENECK))
    for _ in range(options.repetitions):
        for stack in ("vdestack", "picox"):
            _measure(switch, stack, lambda: _stream(options, stack))
    return [bad, bbr, switch]
