#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What SECURITY.md says to be defended has a test that exists; what has none says that it is not defended.

Usage: security.py SOURCE-ROOT
"""
import pathlib
import sys

sys.dont_write_bytecode = True # the source tree stays as it is
import rfc_tables


def main(root):
    tests, count = rfc_tables.tests_of(root / 'test/unit'), 0
    for number, row in rfc_tables.rows(root / 'SECURITY.md'):
        if 'test' not in row:
            continue
        count += 1
        place = f'SECURITY.md:{number}'
        rfc_tables.check_tested(place, row['test'], tests, root)
        rfc_tables.check_scripts(place, row['test'], root)
        if not row['test'] and 'not defended' not in row['defence'] and 'operators-guide' not in row['defence']:
            rfc_tables.problems.append(f'{place}: neither a test nor the word that it is not defended')
    if count < 20:
        rfc_tables.problems.append('too little was found: this test is wrong')
    for problem in rfc_tables.problems:
        print(problem)
    print(f'{count} rows')
    return 1 if rfc_tables.problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
