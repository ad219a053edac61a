# SPDX-License-Identifier: LGPL-2.1-or-later
"""The VDE networks of the measurements, in a private directory."""
import os
from contextlib import contextmanager

from .processes import Process, wait_for


@contextmanager
def ptp(directory):
    """A cable: no process between the two ends."""
    yield f"ptp://{directory}/ptp"


@contextmanager
def _served(argv, control):
    process = Process(argv)
    try:
        wait_for(lambda: os.path.exists(control) or process.popen.poll() is not None, argv[0])
        wait_for(lambda: os.path.exists(control), argv[0], 0)
        yield
    finally:
        process.close()


@contextmanager
def hub(directory):
    with _served(["vde_plug", "null://", f"hub://{directory}/hub"], f"{directory}/hub/ctl"):
        yield f"vde://{directory}/hub"


@contextmanager
def switch(directory):
    with _served(["vde_switch", "--sock", f"{directory}/switch"], f"{directory}/switch/ctl"):
        yield f"vde://{directory}/switch"


BY_NAME = {"ptp": ptp, "hub": hub, "switch": switch}
