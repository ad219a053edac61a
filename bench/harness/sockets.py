# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a socket, a stack and a call of a stack cost."""
import json
import os

from contextlib import ExitStack

from .figures import Figure
from .networks import hub
from .processes import Skip, run


def _lines(text):
    merged = {}
    for line in text.splitlines():
        if line.startswith("{"):
            merged.update(json.loads(line))
    return merged


def measure_msocket(options, impls):
    count = str(options.opens)
    program = f"{options.programs}/descriptors"
    msocket = Figure("msocket", "msocket and close", "us")
    bare = Figure("msocket-bare", "  the same exchange written bare", "us")
    plain = Figure("msocket-plain", "  a plain round trip to a process", "us")
    for _ in range(options.repetitions):
        for figure, kind in ((bare, "bare"), (plain, "plain")):
            try:
                value = _lines(run([program, kind, count]))["open_ns"] / 1e3
                figure.add("ceiling", value)
            except Skip as error:
                figure.skip("ceiling", str(error))
        for impl in impls:
            try:
                text = run([program, "library", count, impl.need("libvdestack")], env=impl.env)
                msocket.add(impl.name, _lines(text)["open_ns"] / 1e3)
            except Skip as error:
                msocket.skip(impl.name, str(error))
    msocket.target("<= 1.2x bare (hope: 2x plain)", lambda: msocket.samples.get("ours", []),
                   lambda: [v * 1.2 for v in bare.samples.get("ceiling", [])])
    return [msocket, bare, plain]


def measure_newstack(options, impls):
    program = f"{options.programs}/stacks"
    create = Figure("newstack", "newstack vdestack with an interface", "ms")
    first = Figure("newstack-first", "  the first of a process", "ms")
    delete = Figure("delstack", "delstack", "ms")
    with ExitStack() as stack:
        try:
            vnl = stack.enter_context(hub(options.directory))
        except Skip as error:
            for figure in (create, first, delete):
                figure.skip("both", str(error))
            return [create, first, delete]
        for impl in impls * options.repetitions:
            try:
                if impl.name == "ours":
                    argv = [program, "ioth", str(options.stacks), vnl, impl.need("libioth")]
                else:
                    # Theirs says nothing and makes a stack without interface.
                    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
                        raise Skip("theirs: /dev/net/tun is not usable")
                    argv = [program, "vdestack", str(options.stacks), vnl,
                            impl.need("libvdestack")]
                found = _lines(run(argv, env=impl.env))
                create.add(impl.name, found["create_ns"] / 1e6)
                first.add(impl.name, found["first_ns"] / 1e6)
                delete.add(impl.name, found["delete_ns"] / 1e6)
            except Skip as error:
                for figure in (create, first, delete):
                    figure.skip(impl.name, str(error))
    for figure in (create, first):
        figure.target("< 5 ms", lambda figure=figure: figure.samples.get("ours", []),
                      lambda figure=figure: [5.0] * len(figure.samples.get("ours", [])))
    return [create, first, delete]


def measure_dispatch(options, impls):
    figure = Figure("dispatch", "an ioth_ call that returns at once", "ns")
    direct = Figure("dispatch-direct", "  the same function called directly", "ns")
    for _ in range(options.repetitions):
        for impl in impls:
            if impl.name != "ours":
                continue
            try:
                found = _lines(run([f"{options.programs}/dispatch", impl.need("libioth")],
                                   env=impl.env))
                figure.add("ours", found["call_ps"] / 1e3)
                direct.add("ceiling", found["direct_ps"] / 1e3)
            except Skip as error:
                figure.skip("ours", str(error))
                direct.skip("ceiling", str(error))
    figure.target("<= 20 ns", lambda: figure.samples.get("ours", []),
                  lambda: [20.0] * len(figure.samples.get("ours", [])))
    return [figure, direct]
