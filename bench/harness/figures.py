# SPDX-License-Identifier: LGPL-2.1-or-later
"""A figure: samples of theirs and of ours, taken in turn, and the target that the issue sets.

The middle of the samples counts, and their range is shown.  A target is a ratio to theirs or to
another figure; samples of the same repetition are compared with each other, so that what the machine
does beside disturbs both.  A target that only part of the range meets is "about".
"""
from statistics import median


class Figure:
    # Whose samples: what it is compared with, what it is about, what can be reached at best.
    COLUMNS = ("theirs", "ours", "ceiling")

    def __init__(self, key, title, unit, higher_is_better=False, columns=COLUMNS):
        self.columns = columns
        self.key, self.title, self.unit = key, title, unit
        self.higher_is_better = higher_is_better
        self.samples = {}   # who -> values
        self.skipped = {}   # who -> reason
        self.target_text = ""
        self.limit = None   # function: this figure -> (value, limit) lists, or None

    def add(self, who, value):
        self.samples.setdefault(who, []).append(value)

    def skip(self, who, reason):
        self.skipped.setdefault(who, reason)

    def median(self, who):
        values = self.samples.get(who)
        return median(values) if values else None

    def ratios(self):
        """Ours to theirs, repetition by repetition."""
        theirs, ours, _ = self.columns
        pairs = zip(self.samples.get(ours, []), self.samples.get(theirs, []))
        return [a / b for a, b in pairs if b]

    def target(self, text, values, limits):
        """`values` and `limits` are functions that give lists of the same length, or empty ones."""
        self.target_text = text
        self.limit = (values, limits)

    def _compared(self):
        """(value, limit), repetition by repetition."""
        return list(zip(self.limit[0](), self.limit[1]())) if self.limit else []

    def times_better(self):
        """Than the target, repetition by repetition; 10 for what ought to be nothing and is."""
        pairs = [(v, l) if self.higher_is_better else (l, v) for v, l in self._compared()]
        return [good / bad if bad else (10 if good else 1) for good, bad in pairs]

    def met(self):
        """yes, no, about; or None when there is no target or no figure."""
        margin = [v - l if self.higher_is_better else l - v for v, l in self._compared()]
        if not margin:
            return None
        if median(margin) >= 0:
            return "yes" if min(margin) >= 0 else "about (yes)"
        return "no" if max(margin) < 0 else "about (no)"

    def as_json(self):
        summary = {who: {"median": median(v), "min": min(v), "max": max(v), "samples": v}
                   for who, v in self.samples.items()}
        ratios = self.ratios()
        return {"key": self.key, "title": self.title, "unit": self.unit, "values": summary,
                "skipped": self.skipped, "ratio": median(ratios) if ratios else None,
                "target": self.target_text, "met": self.met()}
