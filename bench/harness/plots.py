# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two plots: every figure beside its target, and the relays of vdens beside Debian's.

The first says in one look what is reached: a bar to the right of 1 is a target that is met, and how far.
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


def _terminal(path, height):
    return [f"set terminal svg size {WIDTH},{height} dynamic noenhanced font 'sans,12'"
            " background 'white'", f"set output '{path}'"]


def _machine(about):
    return f"{about['kernel']}, {about['cpus']} CPUs, load {about['load'][0]:.1f}"


def _titles(figures):
    """An indented title goes on with the one above it."""
    above = ""
    for figure in figures:
        if figure.title.startswith(" "):
            yield figure, f"{above}: {figure.title.strip()}"
        else:
            above = figure.title
            yield figure, above


def targets(path, figures, about):
    """How many times better than its target each figure is; returns the reason if there is no plot."""
    rows = []
    for figure, title in _titles(figures):
        times = figure.times_better()
        if times:
            # A logarithmic scale has no 0, and nobody asks how much better than ten times.
            low, middle, high = (min(max(value, 0.1), 10)
                                 for value in (min(times), median(times), max(times)))
            rows.append((f"{title}  ({figure.target_text})".replace('"', "'").replace("%", "per cent"), low, middle, high))
    if not rows:
        return "no figure with a target"
    top = len(rows)
    data = [f"{math.log2(middle):g} {math.log2(low):g} {math.log2(high):g} {top - i}"
            for i, (_, low, middle, high) in enumerate(rows)]
    names = ", ".join(f'"{title}" {top - i}' for i, (title, *_) in enumerate(rows))
    scale = ", ".join(f'"{text}" {math.log2(value):g}' for text, value in
                      (("0.1x", .1), ("0.25x", .25), ("0.5x", .5), ("target", 1), ("2x", 2),
                       ("4x", 4), ("10x", 10)))
    return _gnuplot([
        *_terminal(path, 90 + ROW * top),
        # (A title would be centred over the bars, and cut.)
        f"set label 'how many times better than its target; {_machine(about)}'"
        " at screen 0.5, graph 1 center offset 0, character 1.5", "set tmargin 3",
        "$rows << EOD", *data, "EOD",
        f"set yrange [0.3:{top + 0.7}]", f"set xrange [{math.log2(.1):g}:{math.log2(10):g}]",
        f"set ytics ({names}) font 'sans,10'", f"set xtics ({scale})", "set grid x", "unset key",
        "set arrow from 0, graph 0 to 0, graph 1 nohead lw 2 front", "set style fill solid 0.8",
        "plot $rows using (0):4:(0 < $1 ? 0 : $1):(0 < $1 ? $1 : 0):($4 - 0.35):($4 + 0.35):"
        "($1 >= 0 ? 0x3070b0 : 0xc05030) with boxxyerror lc rgb variable, "
        "$rows using 2:4:($3 - $2):(0) with vectors nohead lc rgb '#404040'"])


PANELS = [  # title, keys that begin with one of these
    ("TCP stream and ceilings, Gbit/s (more is better)",
     ("stream-", "frames-", "datagrams-")),
    ("CPU seconds a gigabyte (less is better)", ("cpu-", "relay-")),
    ("round trip, microseconds (less is better)", ("rtt-",)),
]


def panels(path, figures, about):
    """Three panels of theirs and ours; returns the reason if there is no plot."""
    script = [*_terminal(path, 1150),
              f"set multiplot layout 3,1 title '{_machine(about)}'",
              "set style data histograms", "set style histogram clustered gap 1 errorbars",
              "set style fill solid 0.8 border -1", "set grid y", "set yrange [0:*]",
              "set key outside right top", "set xtics rotate by -20 noenhanced",
              "set datafile missing '?'"]
    drawn = 0
    for index, (title, prefixes) in enumerate(PANELS):
        rows = []
        for figure in figures:
            if figure.key.startswith(prefixes) and figure.samples:
                columns = []
                for who in ("theirs", "ours", "ceiling"):
                    values = figure.samples.get(who)
                    columns += [f"{figure.median(who):g}", f"{min(values):g}",
                                f"{max(values):g}"] if values else ["0", "0", "0"]
                rows.append(f"\"{figure.key}\" " + " ".join(columns))
        if not rows:
            continue
        drawn += 1
        script += [f"$data{index} << EOD", *rows, "EOD", f"set title '{title}'",
                   f"plot $data{index} using 2:3:4:xtic(1) title 'theirs' lc rgb '#b0b0b0',"
                   f" '' using 5:6:7 title 'ours' lc rgb '#3070b0',"
                   f" '' using 8:9:10 title 'ceiling' lc rgb '#e0c060'"]
    if drawn == 0:
        return "nothing to plot"
    script.append("unset multiplot")
    return _gnuplot(script)
