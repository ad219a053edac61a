# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two sides of the comparison: Debian's vdens and libvdestack, and ours.

Debian's packages are downloaded by apt-get and unpacked below the build directory, not installed.
"""
import glob
import os
import shutil
import subprocess

from .processes import Skip, run

PACKAGES = ["vdens", "libvdestack0"]
# What they depend on, taken along only if the machine does not have it.
LIBRARIES = {"libexecs.so.0": "libexecs0"}


class Implementation:
    """Paths, or the reason why there are none."""

    def __init__(self, name):
        self.name = name
        self.missing = {}
        self.vdens = self.libvdestack = self.libioth = None
        self.env = dict(os.environ)
        self.version = ""

    def need(self, what):
        if what in self.missing:
            raise Skip(self.missing[what])
        path = getattr(self, what)
        if not path:
            raise Skip(f"{self.name}: no {what}")
        return path


def ours(build):
    impl = Implementation("ours")
    paths = {
        "vdens": f"{build}/tools/vdens/vdens",
        "libvdestack": f"{build}/lib/vdestack/libvdestack.so",
        "libioth": f"{build}/lib/ioth/libioth.so",
    }
    for what, path in paths.items():
        if os.path.exists(path):
            setattr(impl, what, path)
        else:
            impl.missing[what] = f"ours: {os.path.relpath(path, build)} is not built"
    plugins = [f"{build}/bench"] + sorted(glob.glob(f"{build}/plugins/*"))
    impl.env["IOTH_PLUGIN_PATH"] = ":".join(p for p in plugins if os.path.isdir(p))
    return impl


def _download(package, directory):
    for old in glob.glob(f"{directory}/{package}_*.deb"):
        return old
    done = subprocess.run(["apt-get", "download", package], cwd=directory, timeout=120, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    found = glob.glob(f"{directory}/{package}_*.deb")
    if done.returncode != 0 or not found:
        lines = done.stdout.strip().splitlines()
        raise Skip(f"apt-get download {package}: {lines[-1] if lines else done.returncode}")
    return found[0]


def debian(directory):
    """Unpacks the packages into directory (kept for the next run)."""
    impl = Implementation("Debian's")
    root = f"{directory}/root"
    try:
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise Skip("Debian's: no apt-get or no dpkg")
        os.makedirs(directory, exist_ok=True)
        for package in PACKAGES:
            archive = _download(package, directory)
            run(["dpkg", "-x", archive, root])
            impl.version += f"{os.path.basename(archive)} "
        impl.vdens = f"{root}/usr/bin/vdens"
        impl.libvdestack = glob.glob(f"{root}/usr/lib/*/libvdestack.so.0")[0]
        wanted = run(["ldd", impl.vdens, impl.libvdestack])
        for library, package in LIBRARIES.items():
            if f"{library} => not found" in wanted:
                run(["dpkg", "-x", _download(package, directory), root])
        impl.env["LD_LIBRARY_PATH"] = os.path.dirname(impl.libvdestack)
    except (Skip, IndexError, OSError, subprocess.TimeoutExpired) as error:
        impl.vdens = impl.libvdestack = None
        for what in ("vdens", "libvdestack"):
            impl.missing[what] = str(error)
    impl.missing.setdefault("libioth", "Debian's: there is no libioth")
    return impl
