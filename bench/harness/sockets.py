# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a socket, a stack and a call of a stack cost."""
import json
import os

from .figures import Figure
from .networks import hub
from .processes import Skip, run

THEIRS = "Debian's"


def lines(text):
    """The objects of all lines, as one."""
    merged = {}
    for line in text.splitlines():
        if line.startswith("{"):
            merged.update(json.loads(line))
    return merged


def measure_msocket(options, impls):
    program, count = f"{options.programs}/descriptors", str(options.opens)
    figure = Figure("msocket", "msocket and close", "us", columns=(THEIRS, "ours", "bare exchange", "plain round trip"))
    figure.times("<= 1.2x bare exchange", ("bare exchange", 1.2))
    for _ in range(options.repetitions):
        for who, kind in (("bare exchange", "bare"), ("plain round trip", "plain")):
            try:
                figure.add(who, lines(run([program, kind, count]))["open_ns"] / 1e3)
            except Skip as error:
                figure.skip(who, str(error))
        for impl in impls:
            try:
                text = run([program, "library", count, impl.need("libvdestack")], env=impl.env)
                figure.add(impl.name, lines(text)["open_ns"] / 1e3)
            except Skip as error:
                figure.skip(impl.name, str(error))
    return [figure]


def measure_newstack(options, impls):
    program = f"{options.programs}/stacks"
    create = Figure("newstack", "newstack vdestack with an interface", "ms").fixed("<= 5 ms", 5)
    first = Figure("newstack-first", "newstack vdestack, first of a process", "ms").fixed("<= 5 ms", 5)
    delete = Figure("delstack", "delstack vdestack", "ms")
    figures = [create, first, delete]
    try:
        with hub(options.directory) as vnl:
            for impl in impls * options.repetitions:
                try:
                    if impl.name == "ours":
                        argv = [program, "ioth", str(options.stacks), vnl, impl.need("libioth")]
                    else:
                        # Theirs says nothing and makes a stack without interface.
                        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
                            raise Skip(f"{impl.name}: /dev/net/tun is not usable")
                        argv = [program, "vdestack", str(options.stacks), vnl, impl.need("libvdestack")]
                    found = lines(run(argv, env=impl.env))
                    for figure, key in zip(figures, ("create_ns", "first_ns", "delete_ns")):
                        figure.add(impl.name, found[key] / 1e6)
                except Skip as error:
                    for figure in figures:
                        figure.skip(impl.name, str(error))
    except Skip as error:
        for figure in figures:
            figure.skip(None, str(error))
    return figures


def measure_dispatch(options, _):
    figure = Figure("dispatch", "an ioth_ call that returns at once", "ns", columns=("called directly", "ours"))
    figure.fixed("<= 20 ns", 20)
    for _ in range(options.repetitions):
        try:
            impl = options.ours
            found = lines(run([f"{options.programs}/dispatch", impl.need("libioth")], env=impl.env))
            figure.add("ours", found["call_ps"] / 1e3)
            figure.add("called directly", found["direct_ps"] / 1e3)
        except Skip as error:
            figure.skip("ours", str(error))
    return [figure]
