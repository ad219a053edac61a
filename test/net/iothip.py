#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what `ip -j` tells of a kernel's stack with what `iothip -j` tells of another one that is
configured alike.

Usage: iothip.py addr|route|neigh KERNEL-FILE STACK-FILE

Objects are found by what names them; each key that both have must have the same value, the stack may
not have keys that the kernel has not, and it must have those that matter.
"""
import json
import sys

# What cannot be equal: numbers of interfaces, random addresses, the other end of a veth.
DIFFERENT = {'ifindex', 'address', 'link', 'link_index', 'link_netnsid', 'group', 'txqlen', 'label',
             'valid_life_time', 'preferred_life_time', 'qdisc'}
NEEDED = {
    'addr': {'ifname', 'flags', 'mtu', 'operstate', 'link_type', 'broadcast', 'addr_info'},
    'addr_info': {'family', 'local', 'prefixlen', 'scope'},
    'route': {'dst', 'flags'},
    'neigh': {'dst', 'dev', 'state'},
}
NAMES = {
    'addr': lambda o: o['ifname'],
    'addr_info': lambda o: (o['local'], o['prefixlen']),
    'route': lambda o: (o.get('type', 'unicast'), o['dst'], o.get('dev'), o.get('table', 'main')),
    'neigh': lambda o: (o['dst'], o.get('dev')),
}
problems = []


def compare(kind, kernel, stack):
    kernel = {NAMES[kind](o): o for o in kernel if o}
    stack = {NAMES[kind](o): o for o in stack if o}
    for name in sorted(set(kernel) ^ set(stack), key=str):
        problems.append(f'{kind} {name}: only {"the kernel" if name in kernel else "the stack"} has it')
    for name in set(kernel) & set(stack):
        a, b = kernel[name], stack[name]
        for key in sorted((set(b) - set(a)) | ((NEEDED[kind] & set(a)) - set(b))):
            problems.append(f'{kind} {name}: {key}')
        for key in sorted((set(a) & set(b)) - DIFFERENT):
            if key in NAMES:
                compare(key, a[key], b[key])
            elif a[key] != b[key]:
                problems.append(f'{kind} {name}: {key} is {a[key]!r} in the kernel, {b[key]!r} here')
    return len(stack)


def main(kind, kernel, stack):
    with open(kernel) as a, open(stack) as b:
        count = compare(kind, json.load(a), json.load(b))
    if not count:
        problems.append('nothing to compare')
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
