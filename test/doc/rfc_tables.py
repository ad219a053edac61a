#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables in doc/rfc*.md, doc/bbr.md, doc/iothdns.md, doc/iothradvd.md, doc/namedhcp4.md and doc/iothconf.md name
files and tests that exist.

Usage: rfc_tables.py SOURCE-ROOT

The column "where" names files of stack/; "tested" names tests as FILE:FUNCTION (`ip:options` is
test_options of test_ip.c, which that file also runs; `ip:*` all of it), "fuzz TARGET" or "script NAME"
(test/script/tcp/NAME.script). What MUST be done and is done has a test, unless the row says that
there is nothing to be done ("none"). Each requirement of RFC 9293's appendix B is in rfc9293.md once.
In iothradvd.md, namedhcp4.md and otip_rproxy.md they are those of library and daemon, "net NAME", "interop NAME"; each row has one.
In iothdns.md the tests are those of test/unit/iothdns, or scripts (test/PATH.sh), and each row has one.
In iothconf.md "where" names files of lib/, and "net NAME", "interop NAME" are test/net/NAME.sh and so on.
"""
import pathlib
import re
import sys

problems = []


def rows(path):
    header = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith('|'):
            header = None
            continue
        cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', line)[1:-1]]
        if header is None:
            header = cells
        elif not set(line) <= set('|-: '):
            if len(cells) != len(header):
                problems.append(f'{path.name}:{number}: {len(cells)} cells, not {len(header)}')
            yield number, dict(zip(header, cells))


def tests_of(directory):
    """NAME of test_NAME.c -> the functions that it runs"""
    result = {}
    for path in sorted(directory.rglob('test_*.c')):
        text = path.read_text()
        ran = set(re.findall(r'cmocka_unit_test\w*\(\s*test_(\w+)|\bTEST\((\w+)\)', text))
        ran = {name for pair in ran for name in pair if name}
        result.setdefault(path.stem.removeprefix('test_'), set()).update(ran)
    return result


def check_where(place, where, sources):
    directory = ''
    for name in re.findall(r'[a-z0-9_]+/[a-z0-9_]*(?:\.c|\.h)?|[a-z0-9_]+\.[ch]\b', where):
        if '/' in name:
            directory = name.rsplit('/', 1)[0]
        else:
            name = f'{directory}/{name}'
        if not (sources / name).exists():
            problems.append(f'{place}: there is no {sources.name}/{name}')


def check_tested(place, tested, tests, root):
    for file, function in re.findall(r'\b([a-z0-9_]+):([a-z0-9_]+|\*)', tested):
        if file not in tests:
            problems.append(f'{place}: there is no test_{file}.c')
        elif function != '*' and function not in tests[file]:
            problems.append(f'{place}: test_{file}.c runs no test_{function}')
    for target in re.findall(r'\bfuzz ([a-z0-9_]+)', tested):
        if not (root / 'fuzz' / f'{target}.c').exists():
            problems.append(f'{place}: there is no fuzz/{target}.c')
    for script in re.findall(r'\bscript ([a-z0-9_]+)', tested):
        if not (root / 'test/script/tcp' / f'{script}.script').exists():
            problems.append(f'{place}: there is no test/script/tcp/{script}.script')


def check_iothdns(root):
    tests = tests_of(root / 'test/unit/iothdns')
    count = 0
    for number, row in rows(root / 'doc/iothdns.md'):
        count += 1
        place = f'iothdns.md:{number}'
        check_tested(place, row['tested'], tests, root)
        for script in re.findall(r'test/\S+\.sh', row['tested']):
            if not (root / script).exists():
                problems.append(f'{place}: there is no {script}')
        if not row['tested']:
            problems.append(f'{place}: no test')
    if count < 35 or len(tests) < 7:
        problems.append('too little was found of iothdns: this test is wrong')


def check_scripts(place, tested, root):
    for suite, name in re.findall(r'\b(net|interop) ([a-z0-9_]+)', tested):
        if not (root / 'test' / suite / f'{name}.sh').exists():
            problems.append(f'{place}: there is no test/{suite}/{name}.sh')


def check_daemon(root, document, directories, least):
    tests, count = {}, 0
    for directory in directories:
        tests |= tests_of(root / 'test/unit' / directory)
    for number, row in rows(root / 'doc' / document):
        count += 1
        place = f'{document}:{number}'
        check_tested(place, row['tested'], tests, root)
        check_scripts(place, row['tested'], root)
        if not row['tested']:
            problems.append(f'{place}: no test')
    if count < least:
        problems.append(f'too little was found of {document}: this test is wrong')


def check_iothconf(root):
    tests = tests_of(root / 'test/unit')
    count = 0
    for number, row in rows(root / 'doc/iothconf.md'):
        count += 1
        place = f'iothconf.md:{number}'
        check_where(place, row['where'], root / 'lib')
        check_tested(place, row['tested'], tests, root)
        check_scripts(place, row['tested'], root)
        if row['state'].startswith('done') and not row['tested']:
            problems.append(f'{place}: done, and no test')
    if count < 40 or len(tests) < 50:
        problems.append('too little was found of iothconf: this test is wrong')


def check_numbers(found):
    """MUST-1 to MUST-69, and so on: RFC 9293 appendix B."""
    wanted = {f'{level}-{number}' for level, last in (('MUST', 69), ('SHLD', 31), ('MAY', 18), ('REC', 1))
              for number in range(1, last + 1)}
    for number in sorted(wanted - set(found)):
        problems.append(f'rfc9293.md: {number} is missing')
    for number in sorted({number for number in found if found.count(number) > 1} | set(found) - wanted):
        problems.append(f'rfc9293.md: {number} is there twice, or not in the RFC')


def main(root):
    tests, count, references = tests_of(root / 'test/unit/stack'), 0, 0
    check_iothdns(root)
    check_iothconf(root)
    check_daemon(root, 'iothradvd.md', ['iothradvd', 'daemon/iothradvd'], 8)
    check_daemon(root, 'namedhcp4.md', ['daemon', 'dhcp'], 12)
    check_daemon(root, 'otip_rproxy.md', ['daemon/otip_rproxy'], 8)
    numbers = []
    for path in sorted([*(root / 'doc').glob('rfc*.md'), root / 'doc/bbr.md']):
        for number, row in rows(path):
            place, tested = f'{path.name}:{number}', row.get('tested', '')
            count += 1
            if path.name == 'rfc9293.md':
                numbers += re.findall(r'\b(?:MUST|SHLD|MAY|REC)-\d+', row.get('number', ''))
            references += bool(tested)
            check_where(place, row.get('where', ''), root / 'stack')
            check_tested(place, tested, tests, root)
            if row['state'].startswith('done') and '(n' not in row['state'] and not tested and \
                    re.search(r'\bMUST\b', row['level']):
                problems.append(f'{place}: done, and no test: {row["what"]}')
    check_numbers(numbers)
    if count < 100 or references < 80 or len(tests) < 15:
        problems.append('too little was found: this test is wrong')
    print(f'{count} requirements, {references} with a test')
    for problem in problems:
        print(problem)
    return bool(problems)


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
