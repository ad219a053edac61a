# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two plots: every figure beside its target, and beside its main peer.

Each says in one look what is reached: a bar to the right of 1 is what is better, and how far.
"""
import math
import shutil
import subprocess
from statistics import median

WIDTH = 1200
ROW = 17  # pixels of a bar


def _gnuplot(lines):
    """The reason if it could not be drawn."""
    if not shutil.which("gnuplot"):
        return "gnuplot is not installed"
    done = subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.stdout.strip() if done.returncode != 0 else None


def _bars(path, caption, one, rows):
    """`rows`: title, times better (a list) or None for a heading.  `one` is what 1x is called."""
    top, data, names = len(rows), [], []
    for i, (title, times) in enumerate(rows):
        place, title = top - i, title.replace('"', "'").replace("%", "per cent")
        names.append(f'"{title}" {place}')
        if times:
            # A logarithmic scale has no 0, and nobody asks how much better than ten times.
            low, middle, high = (math.log2(min(max(value, 0.1), 10))
                                 for value in (min(times), median(times), max(times)))
            data.append(f"{middle:g} {low:g} {high:g} {place}")
    if not data:
        return "no figure"
    scale = ", ".join(f'"{text}" {math.log2(value):g}' for text, value in
                      (("0.1x", .1), ("0.25x", .25), ("0.5x", .5), (one, 1), ("2x", 2), ("4x", 4), ("10x", 10)))
    return _gnuplot([
        f"set terminal svg size {WIDTH},{90 + ROW * top} dynamic noenhanced font 'sans,12' background 'white'",
        f"set output '{path}'",
        # (A title would be centred over the bars, and cut.)
        f"set label '{caption}' at screen 0.5, graph 1 center offset 0, character 1.5", "set tmargin 3",
        "$rows << EOD", *data, "EOD",
        f"set yrange [0.3:{top + 0.7}]", f"set xrange [{math.log2(.1):g}:{math.log2(10):g}]",
        f"set ytics ({', '.join(names)}) font 'sans,10'", f"set xtics ({scale})", "set grid x", "unset key",
        "set arrow from 0, graph 0 to 0, graph 1 nohead lw 2 front", "set style fill solid 0.8",
        "plot $rows using (0):4:(0 < $1 ? 0 : $1):(0 < $1 ? $1 : 0):($4 - 0.35):($4 + 0.35):"
        "($1 >= 0 ? 0x3070b0 : 0xc05030) with boxxyerror lc rgb variable, "
        "$rows using 2:4:($3 - $2):(0) with vectors nohead lc rgb '#404040'"])


def _draw(path, about, caption, one, areas, times_of, label_of):
    """`times_of` and `label_of`: functions of a figure."""
    rows = []
    for _, title, figures in areas:
        found = [(f"{figure.title}  ({label_of(figure)})", times_of(figure)) for figure in figures]
        found = [row for row in found if row[1]]
        rows += [(title.upper(), None)] * bool(found) + found
    machine = f"{about['kernel']}, {about['cpus']} processors, load {about['load'][0]:.1f}"
    return _bars(path, f"{caption}; {machine}", one, rows)


def targets(path, about, areas):
    """How many times better than its target each figure is; returns the reason if there is no plot."""
    return _draw(path, about, "how many times better than its target", "target", areas,
                 lambda figure: figure.times_better(), lambda figure: figure.target_text)


def _than_peer(figure):
    ratio = figure.ratio(figure.peers[0])
    return [ratio if figure.higher_is_better else 1 / ratio] if ratio else []


def peers(path, about, areas):
    return _draw(path, about, "how many times better than what it is measured beside", "the same", areas,
                 _than_peer, lambda figure: figure.peers[0])
