#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No page is without a script that tries it: the table of test/scenarios/README.md.

Usage: scenarios.py SOURCE-ROOT BUILD-ROOT

Each row names scripts that exist and that Meson runs; each script of test/scenarios is in a row; the seeds are all there.
"""
import json
import os
import pathlib
import re
import sys

SEEDS = 5


def main(root, build):
    problems = []
    tests = json.loads((build / 'meson-info/intro-tests.json').read_text())
    run = {os.path.normpath(argument) for test in tests for argument in test['cmd']}
    table = (root / 'test/scenarios/README.md').read_text()
    rows = [[cell.strip() for cell in line.strip('|').split('|')]
            for line in table.splitlines() if line.startswith('| ')][1:]
    named = set()
    for page, what, scripts in rows:
        if not scripts:
            problems.append(f'{page} ({what}) has no script')
        for script in scripts.split():
            named.add(script)
            if not (root / script).is_file():
                problems.append(f'{page}: there is no {script}')
            elif str(root / script) not in run:
                problems.append(f'{page}: {script} is not run by Meson')
    pages = {page for page, _, _ in rows}
    problems += [f'no row for seed {n:03}' for n in range(SEEDS) if f'seed {n:03}' not in pages]
    problems += [f'iothnamed {n} has no row' for n in range(1, 6) if f'iothnamed {n}' not in pages]
    for script in sorted((root / 'test/scenarios').glob('*.sh')):
        name = str(script.relative_to(root))
        if not re.search(r'_lib\.sh$', name) and name not in named:
            problems.append(f'{name} is in no row')
    print(f'{len(rows)} rows, {len(named)} scripts')
    for problem in problems:
        print(problem)
    return 1 if problems or not rows else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
