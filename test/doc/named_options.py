#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The options in iothnamed.rc(5) are those of the table in daemon/iothnamed/conf_option.c, with their
defaults and words, and no two of them begin with the same 8 bytes; its examples are configurations.

Usage: named_options.py SOURCE-ROOT IOTHNAMED
"""
import pathlib
import re
import subprocess
import sys
import tempfile

CONSTANTS = {'INT32_MAX': str(2**31 - 1)}
KEYWORD_LEN = 8

root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
source = (root / 'daemon/iothnamed/conf_option.c').read_text()
page = (root / 'man/iothnamed.rc.5.scd').read_text()
problems = []

table = {}
for name, default, words in re.findall(r'\{AT\((\w+)\), (\w+), .*?(\{[^{}]*\}|NO_YES)\}', source):
    words = ['no', 'yes'] if words == 'NO_YES' else re.findall(r'"([^"]+)"', words)
    if words:  # a word's number, or an enumerator that ends with the word
        default = words[int(default)] if default.isdigit() else default.rpartition('_')[2].lower()
    table[name] = (CONSTANTS.get(default, default), words)
shown = {}
for name, what, default in re.findall(r'\*(\w+)\* ((?:_\w+_|\*[\w-]+\*(?:\|\*[\w-]+\*)*)) \((\S+)\)',
                                      page.partition('\n# OPTIONS\n')[2]):
    shown[name] = (default, re.findall(r'\*([\w-]+)\*', what))

if not table or not shown:
    problems.append('nothing was found')
for name in sorted(table.keys() | shown.keys()):
    if table.get(name) != shown.get(name):
        problems.append(f'{name}: {table.get(name)} in the table, {shown.get(name)} in the page')
beginnings = [name[:KEYWORD_LEN] for name in table]
problems += [f'two options begin with {begin}' for begin in set(beginnings) if beginnings.count(begin) > 1]

for example in re.findall(r'^```\n(.*?)^```', page, flags=re.M | re.S):
    with tempfile.NamedTemporaryFile('w', suffix='.rc') as file:
        file.write(example)
        file.flush()
        check = subprocess.run([program, '--check', file.name], capture_output=True, text=True, check=False)
        if check.returncode != 0 or check.stderr:
            problems.append(f'an example:\n{example}{check.stderr}')

print(f'{len(table)} options')
print('\n'.join(problems), end='\n' if problems else '')
sys.exit(bool(problems))
