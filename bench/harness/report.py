# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as a table, as JSON and as a plot."""
import json
import shutil
import subprocess


def number(value):
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(figure, who):
    values = figure.samples.get(who)
    if not values:
        return "skipped" if who in figure.skipped or "both" in figure.skipped else ""
    text = number(figure.median(who))
    if len(values) > 1:
        text += f" ({number(min(values))}-{number(max(values))})"
    return text


def _rows(figures, columns):
    head = ["figure", "unit", *columns, "ratio", "target", "met"]
    rows = [head]
    for figure in figures:
        ratios = sorted(figure.ratios())
        ratio = f"{ratios[len(ratios) // 2]:.2f}x" if ratios else ""
        rows.append([figure.title, figure.unit, *(cell(figure, who) for who in columns), ratio,
                     figure.target_text,
                     figure.met() or ("not measured" if figure.target_text else "")])
    width = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join(text.ljust(w) for text, w in zip(row, width)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * w for w in width))
    return lines


def table(figures):
    """One for each set of columns; then what was skipped and why."""
    lines, reasons = [], {}
    for columns in dict.fromkeys(figure.columns for figure in figures):
        lines += [""] * bool(lines) + _rows([f for f in figures if f.columns == columns], columns)
    for figure in figures:
        for who, reason in figure.skipped.items():
            reasons.setdefault(reason, []).append(figure.title.strip())
    for reason, titles in reasons.items():
        more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
        lines.append(f"SKIP: {titles[0]}{more}: {reason}")
    return "\n".join(lines)


def write_json(path, about, figures):
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"about": about, "figures": [f.as_json() for f in figures]}, out, indent=1)
        out.write("\n")


PANELS = [  # title, keys that begin with one of these
    ("TCP stream and ceilings, Gbit/s (more is better)",
     ("stream-", "frames-", "datagrams-")),
    ("CPU seconds a gigabyte (less is better)", ("cpu-", "relay-")),
    ("round trip, microseconds (less is better)", ("rtt-",)),
]


def plot(path, figures, about):
    """An SVG of three panels; returns the reason if there is none."""
    if not shutil.which("gnuplot"):
        return "gnuplot is not installed"
    script = ["set terminal svg size 1200,1150 dynamic noenhanced font 'sans,12'"
              " background 'white'",
              f"set output '{path}'",
              "set multiplot layout 3,1 title "
              f"'{about['kernel']}, {about['cpus']} CPUs, load {about['load'][0]:.1f}'",
              "set style data histograms", "set style histogram clustered gap 1 errorbars",
              "set style fill solid 0.8 border -1", "set grid y", "set yrange [0:*]",
              "set key outside right top", "set xtics rotate by -20 noenhanced",
              "set datafile missing '?'"]
    panels = 0
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
        panels += 1
        script += [f"$data{index} << EOD", *rows, "EOD", f"set title '{title}'",
                   f"plot $data{index} using 2:3:4:xtic(1) title 'theirs' lc rgb '#b0b0b0',"
                   f" '' using 5:6:7 title 'ours' lc rgb '#3070b0',"
                   f" '' using 8:9:10 title 'ceiling' lc rgb '#e0c060'"]
    if panels == 0:
        return "nothing to plot"
    script.append("unset multiplot")
    done = subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.stdout.strip() if done.returncode != 0 else None
