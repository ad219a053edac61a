# SPDX-License-Identifier: LGPL-2.1-or-later
"""libiothdns beside c-ares and the C library: look-ups one after the other, with the same server on loopback."""
import os

from .figures import Figure
from .processes import Skip, run
from .sockets import lines

ALONE = ("", "libiothdns")


def measure_names(options, _):
    beside = ("c-ares", "libiothdns", "C library")
    fresh = Figure("dns-fresh", "look-ups, a fresh port each", "1000/s", True, beside).times(">= 0.8x c-ares", ("c-ares", 0.8))
    kept = Figure("dns-kept", "look-ups, the port kept", "1000/s", True, beside).times(">= 1x c-ares", ("c-ares", 1))
    cached = Figure("dns-cached", "look-ups out of the cache", "1000/s", True, ALONE)
    message = Figure("dns-message", "composing and reading 10 records", "us", columns=ALONE).fixed("<= 1 us", 1)
    handle = Figure("dns-handle", "memory of a handle without its cache", "KiB", columns=ALONE).fixed("<= 8 KiB", 8)
    figures = [fresh, kept, cached, message, handle]
    program = f"{options.programs}/iothdns"
    try:
        if not os.access(program, os.X_OK):
            raise Skip("libc-ares-dev was not there when this was built")
        for _ in range(options.repetitions):
            found = lines(run(["unshare", "-rn", program, str(options.opens)]))
            for figure, key in ((fresh, "fresh"), (kept, "kept"), (cached, "cached")):
                figure.add("libiothdns", found[key + "_per_s"] / 1e3)
            for figure in (fresh, kept):
                figure.add("c-ares", found["cares_per_s"] / 1e3)
                figure.add("C library", found["libc_per_s"] / 1e3)
            message.add("libiothdns", found["message_ns"] / 1e3)
            handle.add("libiothdns", found["handle_bytes"] / 1024)
    except (Skip, KeyError) as error:
        for figure in figures:
            figure.skip(None, str(error))
    return figures
