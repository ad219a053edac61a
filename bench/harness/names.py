# SPDX-License-Identifier: LGPL-2.1-or-later
"""libiothdns beside c-ares: look-ups one after the other, with the same server on loopback."""
import os

from .figures import Figure
from .processes import Skip, run
from .sockets import _lines

COLUMNS = ("c-ares", "iothdns", "ceiling")
MESSAGE_US = 1
HANDLE_KIB = 8


def _fixed(figure, text, limit):
    figure.target(text, lambda: figure.samples.get("iothdns", []),
                  lambda: [limit] * len(figure.samples.get("iothdns", [])))
    return figure


def measure_names(options, impls):
    if not any(impl.name == "ours" for impl in impls):
        return []
    fresh = Figure("dns-fresh", "look-ups, a fresh port each", "1000/s", True, COLUMNS)
    kept = Figure("dns-kept", "  the port kept (keep-port)", "1000/s", True, COLUMNS)
    cached = Figure("dns-cached", "  out of the cache", "1000/s", True, COLUMNS)
    for figure, part in ((fresh, 0.8), (kept, 1.0)):
        figure.target(f">= {part:g}x c-ares", lambda figure=figure: figure.samples.get("iothdns", []),
                      lambda figure=figure, part=part:
                      [v * part for v in figure.samples.get("c-ares", [])])
    message = _fixed(Figure("dns-message", "composing and reading 10 records", "us",
                            columns=COLUMNS), "< 1 us", MESSAGE_US)
    handle = _fixed(Figure("dns-handle", "a handle without its cache", "KiB", columns=COLUMNS),
                    "< 8 KiB", HANDLE_KIB)
    figures = [fresh, kept, cached, message, handle]
    program = f"{options.programs}/iothdns"
    try:
        if not os.access(program, os.X_OK):
            raise Skip("c-ares was not there when this was built")
        for _ in range(options.repetitions):
            found = _lines(run(["unshare", "-rn", program, str(options.opens)]))
            for figure, key in ((fresh, "fresh"), (kept, "kept"), (cached, "cached")):
                figure.add("iothdns", found[key + "_per_s"] / 1e3)
                if figure is not cached:
                    figure.add("c-ares", found["cares_per_s"] / 1e3)
            message.add("iothdns", found["message_ns"] / 1e3)
            handle.add("iothdns", found["handle_bytes"] / 1024)
    except (Skip, KeyError) as error:
        for figure in figures:
            figure.skip("both", str(error))
    return figures
