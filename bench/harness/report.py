# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as one table, as JSON and as tab-separated lines.

A row is a figure; each further peer has a line of its own below it.  What was not measured says why:
a number in brackets is that of a reason at the end.
"""
import json
from statistics import median

HEAD = ("measurement", "unit", "better", "ours", "beside", "ours/it", "target", "met")


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".replace(".00", "")


def better(figure):
    return "more" if figure.higher_is_better else "less"


class _Reasons:
    """Numbered in the order in which they are needed."""

    def __init__(self):
        self.known = []

    def mark(self, reason):
        if reason not in self.known:
            self.known.append(reason)
        return f"[{self.known.index(reason) + 1}]"


def _cell(figure, who, reasons, spread):
    values = figure.samples.get(who)
    if not values:
        return f"not run {reasons.mark(figure.skipped[who])}" if who in figure.skipped else ""
    text = number(median(values))
    if spread and number(min(values)) != number(max(values)):
        text += f" ({number(min(values))}-{number(max(values))})"
    return text


def _rows(figure, reasons):
    """The cells of its lines."""
    ours = _cell(figure, figure.ours, reasons, True)
    row = [figure.title, figure.unit, better(figure), ours]
    end = [figure.target_text, figure.met()]
    for peer in figure.peers:
        text, ratio = _cell(figure, peer, reasons, False), figure.ratio(peer)
        if text:
            yield row + [f"{peer} {text}", f"{ratio:.2f}x" if ratio is not None else ""] + end
            row, end = [""] * len(row), [""] * len(end)
    if row[0]:
        yield row + ["", ""] + end


def table(areas):
    """`areas`: (name, title, figures)."""
    reasons, lines = _Reasons(), []
    groups = [(f"{title}  (bench/run {name})", [cells for figure in figures for cells in _rows(figure, reasons)])
              for name, title, figures in areas]
    width = [max(len(cells[i]) for cells in [HEAD, *(cells for _, rows in groups for cells in rows)])
             for i in range(len(HEAD))]

    def line(cells):
        return "  ".join(text.ljust(w) for text, w in zip(cells, width)).rstrip()
    for title, rows in groups:
        lines += ["", title, line(HEAD), "  ".join("-" * w for w in width), *map(line, rows)]
    targets = [figure.met() or "not run" for _, _, figures in areas for figure in figures if figure.target_text]
    words = ("yes", "about (yes)", "about (no)", "no", "not run")
    lines += ["", f"{len(targets)} targets: " + ", ".join(f"{targets.count(word)} {word}" for word in words)]
    lines += [f"[{i + 1}] {reason}" for i, reason in enumerate(reasons.known)]
    return "\n".join(lines).lstrip("\n")


def _values(figure, who):
    values = figure.samples.get(who)
    return {"median": median(values), "min": min(values), "max": max(values), "samples": values} if values else None


def as_json(area, figure):
    return {"area": area, "key": figure.key, "title": figure.title, "unit": figure.unit, "better": better(figure),
            "ours": _values(figure, figure.ours),
            "beside": {peer: {**(_values(figure, peer) or {}), "ratio": figure.ratio(peer)} for peer in figure.peers
                       if figure.samples.get(peer)},
            "not run": figure.skipped, "target": figure.target_text, "met": figure.met()}


def write_json(path, about, areas):
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"about": about, "rows": [as_json(name, figure) for name, _, figures in areas for figure in figures]},
                  out, indent=1)
        out.write("\n")


def write_lines(path, areas):
    """A line for each figure and peer, for awk and spreadsheets."""
    with open(path, "w", encoding="utf-8") as out:
        print("area", "measurement", "unit", "better", "ours", "least", "most", "beside", "its", "ratio", "target", "met",
              "not run", sep="\t", file=out)
        for name, _, figures in areas:
            for figure in figures:
                ours = figure.samples.get(figure.ours)
                summary = [f"{v:g}" for v in (median(ours), min(ours), max(ours))] if ours else [""] * 3
                for peer in [p for p in figure.peers if p in figure.samples or p in figure.skipped] or [""]:
                    its, ratio = figure.median(peer), figure.ratio(peer)
                    print(name, figure.title, figure.unit, better(figure), *summary, peer, "" if its is None else f"{its:g}",
                          "" if ratio is None else f"{ratio:.3f}", figure.target_text, figure.met(),
                          figure.skipped.get(figure.ours) or figure.skipped.get(peer, ""), sep="\t", file=out)
