#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs that the documents show compile, without a warning.

Usage: samples.py SOURCE-ROOT COMPILER...

A program is a piece of README.md (indented) or of a manual page's source (between ```) that includes a
header and has a function with a body: between the first #include and the last line that closes a brace.
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def pieces(path):
    text = path.read_text()
    if path.suffix == '.scd':
        # scdoc wants backslashes doubled.
        return [piece.replace('\\\\', '\\')
                for piece in re.findall(r'^```\n(.*?)^```', text, flags=re.M | re.S)]
    blocks = re.findall(r'(?:^(?:    .*)?\n)+', text, flags=re.M)
    return [re.sub(r'^    ', '', block, flags=re.M) for block in blocks]


def program(piece):
    match = re.search(r'^#include.*^\}$', piece, flags=re.M | re.S)
    return match.group(0) + '\n' if match else None


def main(root, compiler):
    failed = found = 0
    for path in [root / 'README.md', *sorted((root / 'man').glob('*.scd'))]:
        for piece in pieces(path):
            source = program(piece)
            if source is None:
                continue
            found += 1
            with tempfile.NamedTemporaryFile('w', suffix='.c') as file:
                file.write(source)
                file.flush()
                command = [*compiler, '-std=c11', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror',
                           '-I', root / 'include', '-fsyntax-only', file.name]
                failed += subprocess.run(command).returncode != 0
            print(f'{path.relative_to(root)}: {len(source.splitlines())} lines')
    if found < 3:
        print('fewer programs than there were: has the form of the documents changed?')
        return 1
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
