#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layers of ARCHITECTURE.md hold: a part of the tree sees the headers of those below it and refers to their symbols, and to
nothing else. Meson's include directories, which keep a wrong include from compiling, are compared with LAYERS; so are the
symbols that each object wants of another one, for a declaration written by hand needs no include.

Usage: layers.py SOURCE-ROOT BUILD-ROOT
"""
import json
import os
import pathlib
import re
import subprocess
import sys

# PART: what it may include and call, and with it all that those may include; after "|" the shared libraries of which it includes the
# public header alone. A part comes after those it names: that is the order of the layers.
LAYERS = {
    'include': '',
    'lib/base': '',
    'lib/ctlsocket': '',
    'lib/passfile': '',
    'lib/vdelink': '',
    'lib/nlq/core': 'include',
    'lib/nlq/socket': 'lib/nlq/core',
    'lib/netns': 'lib/base lib/nlq/core lib/vdelink',
    'lib/dhcp': 'lib/base',
    'lib/iothaddr': 'include',
    # the stack in user space
    'stack/wire': 'lib/base',
    'stack/core': 'stack/wire',
    'stack/link': 'stack/core',
    'stack/ip': 'stack/link',
    'stack/packet': 'stack/link',
    'stack/udp': 'stack/ip',
    'stack/tcp': 'stack/ip',
    'stack/raw': 'stack/ip',
    'stack/netlink': 'stack/ip lib/nlq/core',
    'stack/socket': 'stack/udp stack/tcp stack/raw stack/packet stack/netlink',
    'stack/ctl': '',
    'stack/run': 'stack/socket stack/ctl lib/vdelink lib/ctlsocket',
    # libraries
    'lib/ioth': 'lib/base lib/netns lib/nlq/socket',
    'lib/nlq': 'lib/nlq/socket | lib/ioth',
    'lib/vdestack': 'lib/netns include',
    'lib/linkstate': 'include | lib/ioth',
    'lib/iothconf': 'lib/dhcp lib/iothaddr lib/linkstate lib/nlq/socket | lib/ioth',
    'lib/iothdns': 'lib/base include | lib/ioth',
    'lib/iothradvd': 'lib/dhcp lib/linkstate lib/vdelink | lib/ioth',
    'lib/iothotip': 'lib/base lib/iothaddr lib/linkstate lib/nlq/socket lib/passfile | lib/ioth',
    # plugins
    'plugins': 'include',
    'plugins/kernel': 'plugins lib/netns',
    'plugins/vdestack': 'plugins lib/vdestack',
    'plugins/picox': 'include | stack/run',
    # programs
    'daemon/common': 'lib/base lib/ctlsocket',
    'daemon/iothnamed': 'daemon/common lib/iothaddr lib/passfile | lib/ioth lib/iothconf lib/iothdns',
    'daemon/iothradvd': 'daemon/common include | lib/ioth lib/iothconf lib/iothradvd',
    'daemon/namedhcp': 'daemon/common lib/dhcp lib/linkstate lib/vdelink | lib/ioth lib/iothconf lib/iothdns',
    'daemon/otip_rproxy': 'daemon/common lib/iothotip | lib/ioth lib/iothconf lib/iothdns',
    'tools/daemonctl': '',
    'tools/vdens': 'lib/netns',
    'tools/iothconf': 'lib/base include | lib/ioth lib/iothconf',
    'tools/iothdig': 'include lib/iothdns | lib/ioth lib/iothconf',
    'tools/iothip': 'lib/nlq/core lib/base stack/ctl',
    'tools/otipaddr': 'daemon/common lib/iothaddr lib/passfile | lib/ioth lib/iothconf lib/iothdns',
    'examples': 'include | lib/ioth lib/iothaddr lib/iothconf lib/iothdns lib/iothotip lib/nlq/core lib/vdestack stack/run',
}
# What a part has beside: one file or two that see more than the others.
BESIDE = {
    # The bridge from a daemon to the stacks it is made on (loop_stack.c), and the strings that name one (stack_string.c).
    r'daemon/common/(loop_stack|stack_state)\.c': 'include | lib/ioth',
    r'daemon/common/(stack_watch|static_items)\.c': 'include lib/linkstate | lib/ioth lib/iothconf',
    r'daemon/common/stack_string\.c': 'lib/iothconf',
    # Netlink on a socket of libioth: compiled into each library that has such sockets, libioth itself among them.
    r'lib/nlq/socket/nlq_socket\.c': '| lib/ioth',
}
# Calls of the C library that a library of ours puts its own in front of.
IN_FRONT = {'socket'} # lib/vdestack/vdestack.c


def spread(text, seen=None):
    """All parts that one may include which names TEXT, and those that it may call."""
    below, _, public = text.partition('|')
    may_include = set()
    for part in below.split():
        may_include |= {part} | spread(LAYERS[part])[0]
    return may_include, may_include | set(public.split())


def order_problems():
    """A part that is named before its own line: a circle, or a line in a wrong place."""
    seen = set()
    for part, text in LAYERS.items():
        for below in text.replace('|', ' ').split():
            if below not in seen:
                yield f'LAYERS: {part} is above {below}, and stands before it'
        seen.add(part)


def objects(source, build):
    """Of each object of the tree but those of tests: its path, and its source file. Of each source file: the directories of headers that
    it sees wherever it is compiled (some files are parts of several libraries)."""
    found, headers = {}, {}
    for command in json.loads((build / 'compile_commands.json').read_text()):
        here = pathlib.Path(command['directory']).resolve()
        file = os.path.relpath(here / command['file'], source)
        if re.match(r'(test|bench|fuzz|\.\.)/|.*\.p/', file):
            continue
        seen = {os.path.relpath(here / path, source) for path in re.findall(r'(?<=-I)\S+', command['command'])} & LAYERS.keys()
        headers[file] = headers.get(file, seen) & seen
        if (here / command['output']).exists(): # Meson builds what the tests that were asked for need
            found[here / command['output']] = file
    return found, headers


def symbols(paths):
    """Names that objects define for others, and names that they want: two dictionaries of path and set."""
    defined, wanted, where = {}, {}, None
    listed = subprocess.run(['nm', '--extern-only', '--format=posix', *map(str, paths)], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        words = line.split()
        if len(words) == 1 and line.endswith(':'):
            where = pathlib.Path(line[:-1])
        elif len(words) >= 2:
            (wanted if words[1] in 'Uwv' else defined).setdefault(where, set()).add(words[0])
    return defined, wanted


def main(source, build):
    problems = list(order_problems())
    for file in sorted(part for top in ('daemon', 'examples', 'include', 'lib', 'plugins', 'stack', 'tools') for part in (source / top).glob('**/*.[ch]')):
        part = file.relative_to(source).parent.as_posix()
        if part not in LAYERS:
            problems.append(f'{file.relative_to(source)}: LAYERS does not know {part}')
        for name in re.findall(r'^#include "(.*/.*)"', file.read_text(), re.M):
            problems.append(f'{file.relative_to(source)}: "{name}" goes round the include directories')
    found, headers = objects(source, build)
    defined, wanted = symbols(found)
    definers = {}
    for path, names in defined.items():
        for name in names:
            definers.setdefault(name, set()).add(os.path.dirname(found[path]))
    for path, file in sorted(found.items(), key=lambda item: item[1]):
        part = os.path.dirname(file)
        may_include, may_call = spread(LAYERS.get(part, ''))
        for pattern, text in BESIDE.items():
            if re.fullmatch(pattern, file):
                may_include, may_call = (both | more for both, more in zip((may_include, may_call), spread(text)))
        for directory in sorted(headers[file] - may_include - {part}):
            problems.append(f'{file}: sees the headers of {directory}')
        for name in sorted(wanted.get(path, ())):
            if name in definers and name not in IN_FRONT and not definers[name] & (may_call | {part}):
                problems.append(f'{file}: {name} is of {", ".join(sorted(definers[name]))}')
    if len(found) < 300:
        problems.append(f'only {len(found)} objects: this test is wrong')
    print(f'{len(LAYERS)} parts, {len(found)} objects, {sum(map(len, wanted.values()))} references')
    for problem in dict.fromkeys(problems):
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
