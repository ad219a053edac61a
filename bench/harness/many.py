# SPDX-License-Identifier: LGPL-2.1-or-later
"""Very many stacks, very many connections: what each costs, and what does not depend on it."""
import os
import resource

from .figures import Figure
from .processes import Skip, run
from .sockets import _lines

COLUMNS = ("10", "1,000", "100,000")
ONE = ("vdestack", "picox", "bare")
COUNTS = (10, 1000, 100000)
STACKS = 10000
PAIRS_SECONDS = 5
FLAT = 1.5  # what is called flat: caches and the machine's other users are in it


def _first(command):
    """Before others on this machine, where that is permitted: processor time is counted, but what a
    processor's caches lose to others is counted, too."""
    if os.geteuid() == 0:
        return ["chrt", "-f", "1", *command]
    return command


def _row(key, title, unit):
    return Figure(key, title, unit, columns=COLUMNS)


def _flat(figure):
    figure.target(f"flat: <= {FLAT:g}x that of 10", lambda: figure.samples.get(COLUMNS[2], []),
                  lambda: [v * FLAT for v in figure.samples.get(COLUMNS[0], [])])
    return figure


def measure_connections(options):
    size = _row("px-connection", "idle connection: its end, a share of tables", "bytes")
    whole = _row("px-connection-socket", "  with its socket", "bytes")
    size.target("<= 1536 of 100,000", lambda: size.samples.get(COLUMNS[2], []),
                lambda: [1536] * len(size.samples.get(COLUMNS[2], [])))
    few = _flat(_row("px-message", "byte there and back, 10 of so many", "us"))
    every = _row("px-message-all", "  any of so many", "us")
    connect = _flat(_row("px-connect", "connect, accept, close beside so many", "us"))
    figures = [size, whole, few, every, connect]
    program = f"{options.programs}/picox_connections"
    for _ in range(options.makings):
        try:
            found = _lines(run(_first([program, *map(str, COUNTS)]), timeout=60))
        except Skip as error:
            for figure in figures:
                figure.skip("both", str(error))
            break
        for column, count in zip(COLUMNS, COUNTS):
            size.add(column, found[f"bare_bytes_{count}"])
            whole.add(column, found[f"bytes_{count}"])
            few.add(column, found[f"message_few_{count}_ns"] / 1e3)
            every.add(column, found[f"message_all_{count}_ns"] / 1e3)
            connect.add(column, found[f"connect_{count}_ns"] / 1e3)
    return figures


def _share(key, title):
    figure = Figure(key, title, "% of a CPU", columns=ONE)
    figure.target("< 15 %", lambda: figure.samples.get("picox", []),
                  lambda: [15] * len(figure.samples.get("picox", [])))
    return figure


def measure_pairs(options):
    """The same with all threads on one processor: what a message costs, without what it costs to
    move from one processor to the other and back."""
    any_cpu = _share("px-pairs-any", f"{STACKS} stacks in pairs, a message a second")
    one_cpu = _share("px-pairs-one", "  all threads on one CPU")
    each = Figure("px-descriptors", "  descriptors a socket", "", columns=ONE)
    each.target("1", lambda: [round(v, 1) for v in each.samples.get("picox", [])],
                lambda: [1] * len(each.samples.get("picox", [])))
    wanted = int(1.2 * STACKS)
    command = ["prlimit", f"--nofile={wanted}", f"{options.programs}/picox_pairs", str(STACKS),
               str(PAIRS_SECONDS)]
    cpu = str(max(os.sched_getaffinity(0)))
    places = [(any_cpu, ["nice", "-n", "-20"] if os.geteuid() == 0 else []),
              (one_cpu, ["taskset", "-c", cpu] + _first([]))]
    try:
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < wanted:
            raise Skip("too few descriptors: ulimit -Hn")
        for _ in range(min(options.makings, 3)):
            for figure, place in places:
                found = _lines(run(place + command, timeout=120))
                figure.add("picox", found["cpu_percent"])
            each.add("picox", found["descriptors_each"])
    except Skip as error:
        for figure in (any_cpu, one_cpu, each):
            figure.skip("picox", str(error))
    return [any_cpu, one_cpu, each]


def measure_many(options, impls):
    if not any(impl.name == "ours" for impl in impls):
        return []
    return measure_connections(options) + measure_pairs(options)
