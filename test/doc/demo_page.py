#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page that the demo ends with is one that others can read.

Usage: demo_page.py PAGE DIRECTORY   (DIRECTORY: for the browser's files; the screenshots stay there)

By itself: it is whole (every element is closed where it was opened, no id twice, every reference has its id), needs
nothing from elsewhere, says its language, and has each node in the drawing and in the table, under the same name.

In Chromium, without a window, in a network namespace with nothing in it: the browser's tree has the elements of the
source in the same order, which it has not where the parser had something to mend; and what it paints, by day and by
night, is a picture: light or dark ground, the colours of the stacks, no more than nine tenths of it one colour.

Exit status: 0, 1, or 77 after "SKIP: reason" if there is no Chromium, or none that runs here.
"""
import collections
import html.parser
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import zlib

VOID = {'meta', 'link', 'br', 'hr', 'img', 'input'}  # of those that HTML never closes
TRIES, PATIENCE = 3, 120  # of a browser on a machine with much to do; seconds
WIDTH, HEIGHT = 1120, 900
NAMES = {'dns', 'router', 'dhcp', 'process', 'shell', 'client', 'follower', 'web', *(f'thread{n}' for n in range(1, 100))}
STACK_COLOURS = {  # scripts/demo-page.html: picox, vdestack, kernel
    'light': ((0x1d, 0x5f, 0xbf), (0xb0, 0x4a, 0x08), (0x71, 0x36, 0xc9)),
    'dark': ((0x79, 0xae, 0xf5), (0xf0, 0xa1, 0x63), (0xb9, 0x9a, 0xf5)),
}


class Page(html.parser.HTMLParser):
    """What there is in a page, and what is wrong with it."""

    def __init__(self, text):
        super().__init__()
        self.problems, self.tags, self.open = [], [], []
        self.ids, self.references = collections.Counter(), set()
        self.drawn, self.listed = [], []
        self.in_row_header = False
        self.attributes = collections.defaultdict(list)
        self.feed(text)
        self.close()
        self.problems += [f'<{tag}> is not closed' for tag in self.open]
        self.problems += [f'id {name} is there {count} times' for name, count in self.ids.items() if count > 1]
        self.problems += [f'no id {name}' for name in self.references - self.ids.keys()]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.attributes[tag].append(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if 'id' in attrs:
            self.ids[attrs['id']] += 1
        self.references.update(attrs.get('aria-labelledby', '').split())
        for name in {'src', 'href', 'srcset', 'data', 'xlink:href', 'action', 'poster'} & attrs.keys():
            self.problems.append(f'<{tag}> refers to {attrs[name]}')
        if tag == 'g' and 'node' in attrs.get('class', '').split():
            self.drawn.append(attrs['data-name'])
        self.in_row_header = tag == 'th' and attrs.get('scope') == 'row'

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f'</{tag}> in line {self.getpos()[0]} closes what is not open')

    def handle_data(self, data):
        if self.in_row_header:
            self.listed.append(data)
            self.in_row_header = False


def nodes_problems(page):
    problems = []
    if len(page.drawn) != 108 or len(page.listed) != 108:
        problems.append(f'{len(page.drawn)} nodes are drawn, {len(page.listed)} listed, not 108')
    if sorted(page.drawn) != sorted(page.listed):
        problems.append('drawing and table differ')
    missing = {f'{name}.threads.local' for name in NAMES} | {'renzo.otip'}
    missing -= set(page.drawn)
    return problems + [f'{name} is missing' for name in sorted(missing)]


def source_problems(text, page):
    problems = page.problems + nodes_problems(page)
    if not text.lower().startswith('<!doctype html>'):
        problems.append('it does not begin with a doctype')
    if 'lang' not in page.attributes['html'][0]:
        problems.append('the language is not said')
    for wrong in (r'url\(', '@import', '<script', '<style[^>]+src', r'\bon\w+="'):
        if re.search(wrong, text):
            problems.append(f'there is {wrong}')
    for tag in ('main', 'h1', 'table', 'caption', 'svg', 'desc'):
        if page.tags.count(tag) != 1:
            problems.append(f'{page.tags.count(tag)} <{tag}>')
    if any(not attrs.get('scope') for attrs in page.attributes['th']):
        problems.append('a header of the table has no scope')
    return problems


# ---- the browser ----

def browse(directory, *arguments):
    """What Chromium writes; None if it does not come to an end by itself. Nobody is asked for updates: there is no
    network. Its own sandbox would need a namespace that only root may be able to make; the page is ours."""
    command = ['unshare', '--user', '--map-current-user', '--net', 'chromium', '--headless', '--no-sandbox',
               '--disable-gpu', '--disable-dev-shm-usage', '--disable-breakpad', '--disable-background-networking',
               '--disable-component-update', '--disable-extensions', '--no-first-run', '--hide-scrollbars',
               f'--user-data-dir={directory}/profile', f'--window-size={WIDTH},{HEIGHT}', *arguments]
    environment = {**os.environ, 'HOME': str(directory), 'XDG_RUNTIME_DIR': str(directory), 'TMPDIR': str(directory)}
    for variable in ('LD_LIBRARY_PATH', 'LD_PRELOAD', 'DISPLAY', 'WAYLAND_DISPLAY'):
        environment.pop(variable, None)
    with open(directory / 'chromium.log', 'ab') as log, \
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment,
                             start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            output = None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return output if process.returncode == 0 else None


def browse_patiently(directory, *arguments):
    for _ in range(TRIES):
        output = browse(directory, *arguments)
        if output is not None:
            return output
    return None


def pixels(path):
    """The rows of a PNG (8 bits of RGB or RGBA, not interlaced: what Chromium writes), as lists of triples."""
    data = path.read_bytes()
    position, packed = 8, b''
    while position < len(data):
        length, kind = struct.unpack_from('>I4s', data, position)
        body = data[position + 8:position + 8 + length]
        if kind == b'IHDR':
            width, height, depth, colour, _, _, interlaced = struct.unpack('>IIBBBBB', body)
            if depth != 8 or colour not in (2, 6) or interlaced:
                raise ValueError(f'another kind of PNG: {depth} {colour} {interlaced}')
        elif kind == b'IDAT':
            packed += body
        position += 12 + length
    size = 3 if colour == 2 else 4
    raw, rows = zlib.decompress(packed), []
    above = bytearray(width * size)
    for y in range(height):
        start = y * (width * size + 1)
        above = unfilter(raw[start], bytearray(raw[start + 1:start + 1 + width * size]), above, size)
        rows.append([tuple(above[i:i + 3]) for i in range(0, len(above), size)])
    return rows


def unfilter(kind, row, above, size):
    for i in range(len(row)):
        left = row[i - size] if i >= size else 0
        if kind == 1:
            row[i] = (row[i] + left) & 255
        elif kind == 2:
            row[i] = (row[i] + above[i]) & 255
        elif kind == 3:
            row[i] = (row[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            corner = above[i - size] if i >= size else 0
            guess = left + above[i] - corner
            nearest = min((left, above[i], corner), key=lambda value: abs(guess - value))
            row[i] = (row[i] + nearest) & 255
    return row


def picture_problems(path, scheme):
    rows = pixels(path)
    count = collections.Counter(pixel for row in rows for pixel in row)
    ground, problems = sum(rows[2][2]) / 3, []
    if (ground > 200) != (scheme == 'light') or (ground < 60) != (scheme == 'dark'):
        problems.append(f'{scheme}: the ground is {rows[2][2]}')
    if count.most_common(1)[0][1] > 0.9 * len(rows) * len(rows[0]) or len(count) < 100:
        problems.append(f'{scheme}: the screenshot is nearly blank ({len(count)} colours)')
    for colour in STACK_COLOURS[scheme]:
        if count[colour] < 200:
            problems.append(f'{scheme}: the colour {colour} is {count[colour]} pixels')
    return problems


def paint(path, directory, scheme, option):
    """The tree that the browser makes of the page; the picture is in SCHEME.png."""
    output = browse_patiently(directory, f'--blink-settings=preferredColorScheme={option}', '--dump-dom',
                              f'--screenshot={directory / scheme}.png', path.as_uri())
    if output is None and browse_patiently(directory, '--dump-dom', 'data:text/html,<p>a page</p>') is None:
        print((directory / 'chromium.log').read_text(errors='replace')[-2000:])
        print('SKIP: the page itself is good, but Chromium does not run here')
        sys.exit(77)
    return output


def tree_problems(tree, page):
    shown = Page(tree)
    if shown.tags == page.tags:
        return nodes_problems(shown)
    at = next((i for i, (a, b) in enumerate(zip(shown.tags, page.tags)) if a != b), min(len(shown.tags), len(page.tags)))
    return [f'the browser had to mend the page: {shown.tags[at:at + 3]} is {page.tags[at:at + 3]} in the source']


def browser_problems(path, directory, page):
    problems = []
    for scheme, option in (('light', 1), ('dark', 0)):
        tree = paint(path, directory, scheme, option)
        if tree is None:
            problems.append(f'Chromium does not show the page ({scheme})')
        else:
            problems += tree_problems(tree.decode(), page) + picture_problems(directory / f'{scheme}.png', scheme)
    return problems


def main(path, directory):
    text = path.read_text()
    page = Page(text)
    problems = source_problems(text, page)
    if not problems and shutil.which('chromium') is None:
        print('SKIP: the page itself is good, but there is no Chromium to look at it (package chromium)')
        return 77
    problems = problems or browser_problems(path, directory, page)
    for problem in problems:
        print(f'the page: {problem}')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
