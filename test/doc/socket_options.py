#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables of socket options in picoxnet(7) say what the tables of stack/socket/ do.

Usage: socket_options.py SOURCE-ROOT

An option that is in a table of the sources is in the page: as accepted if the source ignores it, as
works or kept if not. Everything that the page calls working, kept or accepted is in a table; what it
calls "not there" is in none.
"""
import pathlib
import re
import sys

NAME = r'\b(?:SO|IP|IPV6|MCAST|UDP|ICMP|ICMP6|PACKET|NETLINK|TCP)_[A-Z0-9_]+\b'
# Other spellings of the same numbers.
LEVELS = {'SOL_SOCKET', 'SOL_NETLINK', 'SOL_PACKET', 'SOL_RAW', 'SOL_UDP'}
problems = []


def in_sources(directory):
    """name -> whether it is ignored"""
    options = {}
    for path in sorted(directory.glob('*.c')):
        for table in re.findall(r'const struct sock_option \w+\[\] = \{(.*?)\n\};', path.read_text(),
                                flags=re.S):
            # Rows begin at the line's start; a number may carry its name as a comment.
            for row in re.split(r'\n    (?=\S)', table):
                names = [name for name in re.findall(NAME + r'(?!\()', row) if name not in LEVELS]
                if names:
                    options[names[0]] = 'IGNORED' in row
    return options


def in_page(page):
    """name -> the classes that it is listed under"""
    options = {}
    section = re.search(r'^# SOCKET OPTIONS\n(.*?)^# ', page.read_text(), flags=re.M | re.S).group(1)
    for kind, names in re.findall(r'^\|  ([a-z ]+)\n:  (.*)$', section, flags=re.M):
        for name in re.findall(NAME, names):
            options.setdefault(name, set()).add(kind)
    return options


def main(root):
    sources, page = in_sources(root / 'stack/socket'), in_page(root / 'man/picoxnet.7.scd')
    for name, ignored in sorted(sources.items()):
        right = {'accepted'} if ignored else {'works', 'kept'}
        if not page.get(name):
            problems.append(f'{name} is missing in the page')
        elif not page[name] <= right:
            problems.append(f'{name} is "{", ".join(page[name])}" in the page, but one of {right}')
    for name, kinds in sorted(page.items()):
        if kinds != {'not there'} and name not in sources:
            problems.append(f'{name} is in the page, and in no table')
        if len(kinds) > 1:
            problems.append(f'{name} is listed as {kinds}')
    if len(sources) < 50 or len(page) < 50:
        problems.append('too few options were found: this test is wrong')
    print(f'{len(sources)} options in the sources, {len(page)} in the page')
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
