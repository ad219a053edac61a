# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as a table and as JSON."""
import json


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
