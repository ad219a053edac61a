# SPDX-License-Identifier: LGPL-2.1-or-later
"""Very many stacks, very many connections: what each costs, and what does not depend on it."""
import os
import resource

from .figures import Figure
from .processes import Skip, run
from .picox import ALONE
from .sockets import lines

FEW, SOME, ALL = "among 10", "among 1,000", "among 100,000"
PAIRED = 10000
FLAT = 1.5  # what is called flat: caches and the machine's other users are in it


def _first(command):
    """Before others on this machine, where that is permitted: processor time is counted, but what a
    processor's caches lose to others is counted, too."""
    if os.geteuid() == 0:
        return ["chrt", "-f", "1", *command]
    return command


def _row(key, title, unit):
    return Figure(key, title, unit, columns=(FEW, ALL, SOME))


def measure_connections(options, _):
    """Ours is what there is with 100,000 connections; beside it what there is with fewer."""
    size = _row("px-connection", "memory of an idle connection", "bytes").fixed("<= 1,536", 1536)
    whole = _row("px-connection-socket", "memory of an idle connection and its socket", "bytes")
    few = _row("px-message", "byte there and back, on 10 of 100,000", "us").times(f"<= {FLAT:g}x of 10", (FEW, FLAT))
    every = _row("px-message-all", "byte there and back, on any of 100,000", "us")
    connect = _row("px-connect", "connect, accept, close beside 100,000", "us")
    connect.times(f"<= {FLAT:g}x of 10", (FEW, FLAT))
    figures = [size, whole, few, every, connect]
    program = f"{options.programs}/picox_connections"
    for _ in range(options.makings):
        try:
            found = lines(run(_first([program, *map(str, options.connections)]), timeout=120))
        except Skip as error:
            for figure in figures:
                figure.skip(ALL, str(error))
            break
        for column, count in zip((FEW, SOME, ALL), options.connections):
            size.add(column, found[f"bare_bytes_{count}"])
            whole.add(column, found[f"bytes_{count}"])
            few.add(column, found[f"message_few_{count}_ns"] / 1e3)
            every.add(column, found[f"message_all_{count}_ns"] / 1e3)
            connect.add(column, found[f"connect_{count}_ns"] / 1e3)
    return figures


def measure_pairs(options, _):
    """The same with all threads on one processor: what a message costs, without what it costs to
    move from one processor to the other and back."""
    title = "10,000 stacks in pairs, a message a second"
    any_cpu = Figure("px-pairs-any", title, "% of one", columns=ALONE).fixed("<= 15 %", 15)
    one_cpu = Figure("px-pairs-one", f"{title}, one processor", "% of one", columns=ALONE).fixed("<= 15 %", 15)
    each = Figure("px-descriptors", "descriptors a socket", "", columns=ALONE).fixed("1 (1.1)", 1.1)
    command = [f"{options.programs}/picox_pairs", str(min(options.many, PAIRED)), f"{options.paired:g}"]
    wanted = 2000 + options.many
    cpu = str(max(os.sched_getaffinity(0)))
    places = [(any_cpu, ["nice", "-n", "-20"] if os.geteuid() == 0 else []),
              (one_cpu, ["taskset", "-c", cpu] + _first([]))]
    try:
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < wanted:
            raise Skip("too few descriptors: ulimit -Hn")
        for _ in range(min(options.makings, 3)):
            for figure, place in places:
                found = lines(run([*place, "prlimit", f"--nofile={wanted}", *command], timeout=120))
                figure.add("picox", found["cpu_percent"])
            each.add("picox", found["descriptors_each"])
    except Skip as error:
        for figure in (any_cpu, one_cpu, each):
            figure.skip("picox", str(error))
    return [any_cpu, one_cpu, each]
