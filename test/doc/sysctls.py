#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of sysctls in picoxnet(7) has the names and ranges of the table in stack/run/sysctl.c.

Usage: sysctls.py SOURCE-ROOT
"""
import pathlib
import re
import sys

NUMBERS = {'INT32_MAX': 2**31 - 1, 'UINT32_MAX': 2**32 - 1}
ENTRY = r'(?:TCP|CORE)\("(\w+)", \w+, KIND_(\w+), (\w+), (\w+)\)'
ROW = r'^\|  ([a-z0-9_, ]+)\n:  (.+)\n:  .+\n:  (.+)$'
problems = []


def number(text):
    return NUMBERS[text] if text in NUMBERS else int(text)


def ranges(text):
    """The ranges that a text names: "0, 1" and "1 to 127, 0 to 255 ms"."""
    if text == '0, 1':
        return [(0, 1)]
    return [tuple(map(int, pair)) for pair in re.findall(r'(\d+) to (\d+)', text)]


def in_page(page):
    """name -> the range there"""
    section = re.search(r'^# SYSCTLS\n(.*?)^# ', page.read_text(), flags=re.M | re.S).group(1)
    options = {}
    for names, values, what in re.findall(ROW, section, flags=re.M):
        names, limits = names.split(', '), ranges(values)
        for i, name in enumerate(names):
            options[name] = limits[i if i < len(limits) else -1] if limits else None
        # Further names, with a range of their own behind them or none.
        for name, rest in re.findall(r'also \*(\w+)\*(.*)', what):
            options[name] = (ranges(rest) or limits or [None])[0]
    return options


def main(root):
    source = re.findall(ENTRY, (root / 'stack/run/sysctl.c').read_text())
    page = in_page(root / 'man/picoxnet.7.scd')
    for name, kind, low, high in source:
        limits = None if kind == 'CONGESTION' else (number(low), number(high))
        if name not in page:
            problems.append(f'{name} is missing in the page')
        elif page[name] != limits:
            problems.append(f'{name} is {limits}, in the page {page[name]}')
    for name in sorted(set(page) - {entry[0] for entry in source}):
        problems.append(f'{name} is in the page, and in no table')
    if len(source) < 40:
        problems.append('too few options were found: this test is wrong')
    print(f'{len(source)} options in the source, {len(page)} in the page')
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
