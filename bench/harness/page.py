# SPDX-License-Identifier: LGPL-2.1-or-later
"""doc/performance.md: its tables have a row for each figure, and their figures are those of a run.

A table follows a heading in which `bench/run PART` stands.  Its cells are: measurement, unit, ours, beside,
asked, met, and what limits it, which is written by hand as is everything else.
"""
import json
import re
import shutil

from .report import number

PAGE = "doc/performance.md"
CELLS = 7


def rows(text):
    """(number of the line, part, its cells) of each row of a table of figures."""
    part = None
    for i, line in enumerate(text.splitlines()):
        if line.startswith("#"):
            found = re.search(r"`bench/run (\w+)`", line)
            part = found.group(1) if found else None
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if part and len(cells) == CELLS and cells[0] != "measurement" and not re.fullmatch("-+", cells[0]):
            yield i, part, cells


def _beside(row):
    return "; ".join(f"{who} {number(its['median'])}" + (f" ({its['ratio']:.2f}x)" if its["ratio"] is not None else "")
                     for who, its in row["beside"].items())


def update(root, results):
    """Puts in the figures of results.json, and the plot."""
    with open(results + ".json", encoding="utf-8") as file:
        found = json.load(file)
    figures = {(row["area"], row["title"]): row for row in found["rows"]}
    with open(f"{root}/{PAGE}", encoding="utf-8") as file:
        text = file.read()
    lines = text.splitlines()
    for i, part, cells in rows(text):
        row = figures.get((part, cells[0]))
        if row:
            ours = number(row["ours"]["median"]) if row["ours"] else "not run"
            lines[i] = "| " + " | ".join([row["title"], row["unit"], ours, _beside(row), row["target"], row["met"], cells[-1]]) + " |"
            lines[i] = lines[i].replace("|  |", "| |").replace("|  |", "| |")
    about = found["about"]
    machine = f"Measured {about['date'][:10]}: {about['kernel']}, {about['cpus']} processors, load {about['load'][0]:.1f}" \
              f" at the end, {about['repetitions']} repetitions in turn of {about['seconds']:g} s."
    lines = [machine if line.startswith("Measured ") else line for line in lines]
    with open(f"{root}/{PAGE}", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    shutil.copyfile(results + "-targets.svg", f"{root}/doc/performance.svg")
