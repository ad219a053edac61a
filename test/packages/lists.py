#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each file that the build installs is in one Debian package, by debian/*.install, and in no second one.

dh_missing and dpkg would say so, too, after minutes of packages.sh.  Usage: lists.py SOURCE BUILD
"""
import fnmatch
import glob
import json
import os
import subprocess
import sys


def introspect(build, what):
    return json.loads(subprocess.check_output(['meson', 'introspect', build, what]))


def matches(path, pattern):
    """As dh_install: wildcards stop at a slash, a directory stands for all that is in it."""
    parts, wanted = path.split('/'), pattern.split('/')
    return len(parts) >= len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def main(source, build):
    options = {o['name']: o['value'] for o in introspect(build, '--buildoptions')}
    lists = {}
    for name in sorted(glob.glob(os.path.join(source, 'debian', '*.install'))):
        with open(name, encoding='utf-8') as file:
            lists[os.path.basename(name)] = [line.strip() for line in file if line.strip()]

    libdir = os.path.join('usr', options['libdir'])
    failed = False
    installed = sorted(set(introspect(build, '--installed').values()))
    for path in installed:
        place = os.path.join('usr', os.path.relpath(path, options['prefix']))
        if place.startswith(libdir + '/'):  # whatever this machine calls it
            place = os.path.join('usr/lib/machine', os.path.relpath(place, libdir))
        place = place.replace('usr/lib/systemd/', 'lib/systemd/')  # debian/rules moves it
        found = [name for name, patterns in lists.items() if any(matches(place, pattern) for pattern in patterns)]
        if len(found) != 1:
            print(f"FAIL: {place} is in {', '.join(found) or 'no debian/*.install'}")
            failed = True
    if not installed:
        sys.exit('FAIL: nothing is installed')
    print(f'{len(installed)} files, {len(lists)} packages')
    return failed


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
