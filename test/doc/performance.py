#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""doc/performance.md has a row for each figure that `make bench` prints, with its unit and target, and no other; each says
what limits it, and each that is not met why.

Usage: performance.py SOURCE-ROOT
"""
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True # the source tree stays as it is


def main(root):
    sys.path.insert(0, str(root / 'bench'))
    from harness import page
    printed = subprocess.run([sys.executable, root / 'bench/run', '--list'], check=True, stdout=subprocess.PIPE, text=True,
                             env={'PATH': '/nonexistent'}).stdout
    figures = {(part, title): (unit, target) for part, title, unit, target in
               (line.split('\t') for line in printed.splitlines())}
    problems, named = [], set()
    if len(figures) < 100 or len(figures) != len(printed.splitlines()):
        problems.append(f'{len(figures)} figures of {len(printed.splitlines())}: two have one name, or this test is wrong')
    for number, part, (title, unit, _, _, target, met, limit) in page.rows((root / page.PAGE).read_text()):
        place = f'{page.PAGE}:{number + 1}: {title}'
        if (part, title) in named:
            problems.append(f'{place}: twice')
        named.add((part, title))
        if (part, title) not in figures:
            problems.append(f'{place}: bench/run {part} has no such row')
        elif (unit, target) != figures[part, title]:
            problems.append(f'{place}: bench/run has {figures[part, title]}')
        if met in ('no', 'about (no)') and not limit:
            problems.append(f'{place}: not met, and no word why')
    problems += [f'{page.PAGE} does not tell of bench/run {part}: {title}' for part, title in figures if (part, title) not in named]
    for problem in problems:
        print(problem)
    print(f'{len(figures)} figures')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
