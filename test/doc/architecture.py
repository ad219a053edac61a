#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ARCHITECTURE.md and doc/inside name files, directories and public functions that there are; README.md, CONTRIBUTING.md,
SECURITY.md, CHANGELOG.md and pages of doc/ name files that there are. Each part of the tree is in ARCHITECTURE.md.

Usage: architecture.py SOURCE-ROOT
"""
import fnmatch
import os
import pathlib
import re
import sys

TOPS = 'lib|stack|daemon|tools|plugins|test|include|scripts|doc|examples|fuzz|man|bench'
# What the reader writes.
NOT_IN_THE_TREE = {'hello.c', 'service.c', 'client.c'}


def files_of(root):
    """Names of all files and directories but those of builds, which change meanwhile."""
    names = []
    for where, directories, files in os.walk(root):
        if pathlib.Path(where) == root:
            directories[:] = [name for name in directories if not re.match(r'build|\.git$', name)]
        here = pathlib.Path(where).relative_to(root)
        names += [(here / name).as_posix() for name in directories + files]
    return names


def exists(name, files):
    return any(fnmatch.fnmatch(file, name) or fnmatch.fnmatch(file, '*/' + name) for file in files)


def main(root):
    files, problems, count = files_of(root), [], 0
    inside = [root / 'ARCHITECTURE.md', *sorted((root / 'doc/inside').glob('*.md'))]
    for path in inside + [root / 'README.md', root / 'CONTRIBUTING.md', root / 'SECURITY.md', root / 'CHANGELOG.md', root / 'bench/README.md',
                          *(root / 'doc' / f'{page}.md' for page in ('netlink', 'operators-guide', 'performance', 'seed-errata', 'tutorial'))]:
        text = re.sub(r'^ *#include <.*', '', path.read_text(), flags=re.M)
        names = set(re.findall(r'(?<![\w/.:-])((?:[\w*-]+/)*[\w*-]+\.(?:c|h|md|sh|py))\b', text))
        names |= {name.rstrip('/.') for name in re.findall(rf'(?<![\w/.:-])((?:{TOPS})/[\w*/.-]*[\w*/])', text)}
        for name in sorted(names):
            if re.search('PART|NAME|LAYER|FILE', name) or name in NOT_IN_THE_TREE or \
                    name.startswith('lib/x86'):
                continue
            count += 1
            if not exists(name, files) and not exists(name + '.c', files): # a program of its source
                problems.append(f'{path.relative_to(root)}: there is no {name}')
    headers = '\n'.join(header.read_text() for header in (root / 'include').glob('*.h'))
    plugins = '\n'.join(file.read_text() for file in sorted((root / 'plugins').glob('*/*.[ch]')))
    for path in inside:
        for name in set(re.findall(r'`((?:ioth|iothdns|iothotip|iothradvd|picox|vde)_[a-z0-9_]+)`', path.read_text())):
            count += 1
            if not re.search(rf'\b{name}\b', headers + plugins) and not exists(f'{name}', files):
                problems.append(f'{path.relative_to(root)}: there is no {name}')
    text = (root / 'ARCHITECTURE.md').read_text()
    for directory in sorted([*(root / 'lib').iterdir(), *(root / 'plugins').iterdir(), *(root / 'daemon').iterdir(), *(root / 'tools').iterdir(),
                             *(root / 'stack').iterdir()]):
        if directory.is_dir() and not re.search(rf'\b{directory.name}\b', text):
            problems.append(f'ARCHITECTURE.md does not tell of {directory.relative_to(root)}')
    words = len(text.split())
    if words > 2000:
        problems.append(f'ARCHITECTURE.md has {words} words: nobody reads them in five minutes')
    if count < 100:
        problems.append(f'only {count} names: this test is wrong')
    print(f'{count} names, {words} words')
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
