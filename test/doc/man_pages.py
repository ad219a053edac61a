#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual is complete and in order.

Usage: man_pages.py HEADER-DIRECTORY BUILT-PAGES-DIRECTORY [LIBRARY...]

Every function that a public header declares, and every function that a library exports, has a page
(or a link page) of section 3 by its name.  Every link page points to a page whose NAME section names
it, and every name in a NAME section has a page.  mandoc has no warning.

What Meson installs is described: each program has a page of section 1 or 8, each library one of its name, each public header is in the
SYNOPSIS of one, each file that a unit names below /etc has one of section 5, each plugin one of section 7. Pages of
ours that others name are there.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

problems = []


def declared(header):
    """Names of the functions that a header declares or defines inline."""
    text = re.sub(r'/\*.*?\*/', '', header.read_text(), flags=re.S)
    # Preprocessor lines define no function: those macros that look like one share its name.
    text = re.sub(r'^\s*#.*?(?<!\\)$', '', text, flags=re.M | re.S)
    text = text.replace('extern "C" {', '')
    # Outside of braces (inline bodies, the table of functions) a name before '(' is declared.
    depth, outside = 0, []
    for character in text:
        depth += (character == '{') - (character == '}')
        outside.append(character if depth == 0 and character != '}' else ' ')
    names = set()
    for statement in ''.join(outside).split(';'):
        if not re.search(r'\btypedef\b', statement):
            names.update(re.findall(r'\b((?:ioth|iothaddr|iothconf|iothdns|iothradvd|vde|nl|nlq|nlqx)_\w+)\s*\(', statement))
    return names


def exported(library):
    """Functions in a library's dynamic symbol table."""
    lines = subprocess.run(['nm', '-D', '--defined-only', library], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return {line.split()[2].split('@')[0] for line in lines if line.split()[1] in 'TW'}


def names_of(page):
    """The names in the NAME section of a built page."""
    match = re.search(r'^\.SH NAME\n(.*?)^\.SH', page.read_text(), flags=re.M | re.S)
    text = re.sub(r'^\..*$', '', match.group(1), flags=re.M).replace('\\', '').replace('&', '')
    return {name.strip() for name in text.split(' - ')[0].split(',')}


def plain(page):
    """The text of a built page without the escapes of letters."""
    return re.sub(r'\\(?:&|f[BIR])', '', page.read_text())


def check_references(pages):
    """A page of ours that a page names is there."""
    ours = r'\b((?:ioth|lib(?:ioth|nlq|picox|vdestack)|nlq|picox|vde_\w*stack|vdens|namedhcp|otip|hashaddr)[\w.]*)\((\d)\)'
    count = 0
    for page in sorted(pages.glob('*.[0-9]')):
        for name, section in set(re.findall(ours, plain(page))):
            count += 1
            if not (pages / f'{name}.{section}').exists():
                problems.append(f'{page.name} names {name}({section}), which is not there')
    if count < 100:
        problems.append(f'only {count} references: this test is wrong')


def check_installed(installed, pages):
    """Programs, libraries, headers, units, plugins, each with its page."""
    count = 0
    included = {header for page in pages.glob('*.[37]') for header in re.findall(r'#include <(\S+\.h)>', plain(page))}
    for source, target in installed.items():
        target = pathlib.PurePath(target)
        name = target.name
        if target.parts[-2] in ('bin', 'sbin'):
            found = any((pages / f'{name}.{section}').exists() for section in '18')
        elif target.parts[-2] == 'include':
            found = name in included
        elif re.fullmatch(r'lib\w+\.so', name):
            found = any((pages / f'{name[:-3]}.{section}').exists() for section in '37')
        elif re.fullmatch(r'ioth_\w+-r\.so', name):
            found = (pages / f'{name[:-5]}.7').exists()
        elif name.endswith('.service'):
            files = re.findall(r'/etc/(\S+)', pathlib.Path(source).read_text())
            found = files and all((pages / f'{file}.5').exists() for file in files)
        else:
            continue
        count += 1
        if not found:
            problems.append(f'{target} is installed, and no page describes it')
    if count < 20:
        problems.append(f'{count} things are installed that should have a page: this test is wrong')


def main(headers, pages, libraries):
    functions = {}
    for header in sorted(headers.glob('*.h')):
        for name in declared(header):
            functions[name] = header.name
    for library in libraries:
        for name in exported(library):
            functions.setdefault(name, pathlib.Path(library).name)
    # Interposed or internal names have no page of their own.
    functions.pop('socket', None)
    if not functions:
        problems.append('no function found in the headers: this test is wrong')
    for name, where in sorted(functions.items()):
        if not (pages / f'{name}.3').exists():
            problems.append(f'{name} ({where}) has no manual page')

    listed = {}
    for page in sorted(pages.glob('*.[0-9]')):
        text = page.read_text()
        if not text.startswith('.so '):
            for name in names_of(page):
                listed[(name, page.suffix)] = page
                if not (pages / (name + page.suffix)).exists():
                    problems.append(f'{page.name} names {name}, which has no page')
    for page in sorted(pages.glob('*.[0-9]')):
        text = page.read_text()
        if text.startswith('.so '):
            target = pages / pathlib.Path(text.split()[1]).name
            if not target.exists():
                problems.append(f'{page.name} points to {target.name}, which is not there')
        elif shutil.which('mandoc'):
            lint = subprocess.run(['mandoc', '-Tlint', '-Wwarning', page], capture_output=True, text=True)
            # scdoc begins each paragraph with a macro, also where there is nothing to begin.
            problems.extend(line for line in lint.stdout.splitlines() if 'skipping paragraph macro: PP' not in line)

    # Where it is installed, and where man(1) finds it in the build directory: sections, names with a dot.
    installed = json.loads((pages.parent / 'meson-info/intro-installed.json').read_text())
    check_installed(installed, pages)
    check_references(pages)
    for page in sorted(pages.glob('*.[0-9]')):
        section = f'man{page.suffix[1:]}'
        if not (pages / section / page.name).exists():
            problems.append(f'man does not find {page.name} in the build directory')
        where = pathlib.PurePath(installed.get(str(page), 'nowhere'))
        if where.parts[-2:] != (section, page.name):
            problems.append(f'{page.name} is installed as {where}')

    if not shutil.which('mandoc'):
        print('SKIP: mandoc is not installed: the form of the pages was not checked')
    print(f'{len(functions)} functions, {len(listed)} names in the manual')
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]))
