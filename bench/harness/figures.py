# SPDX-License-Identifier: LGPL-2.1-or-later
"""A figure: one row of the table.  Samples of ours and of its peers, taken in turn, and the target.

The middle of the samples counts, and their range is shown.  A target is a number or so many times a
peer's figure; samples of the same repetition are compared with each other, so that what the machine
does beside disturbs both.  A target that only part of the range meets is "about".
"""
from statistics import median


class Figure:
    def __init__(self, key, title, unit, higher_is_better=False, columns=("Debian's", "ours")):
        """`columns`: the main peer, ours, further peers.  The title says all without its neighbours."""
        self.key, self.title, self.unit = key, title, unit
        self.higher_is_better = higher_is_better
        self.columns, self.ours = columns, columns[1]
        self.peers = [columns[0], *columns[2:]]
        self.samples = {}   # who -> values
        self.skipped = {}   # who -> reason
        self.target_text = ""
        self.limit = None   # function: the limit of each repetition

    def add(self, who, value):
        self.samples.setdefault(who, []).append(value)

    def skip(self, who, reason):
        """`who` None: nobody is measured."""
        for one in self.columns if who is None else [who]:
            self.skipped.setdefault(one, reason)

    def median(self, who):
        values = self.samples.get(who)
        return median(values) if values else None

    def ratio(self, peer):
        """Ours to this peer's, repetition by repetition; the middle."""
        pairs = zip(self.samples.get(self.ours, []), self.samples.get(peer, []))
        ratios = [a / b for a, b in pairs if b]
        return median(ratios) if ratios else None

    def target(self, text, limits):
        """`limits` gives the limit of each repetition."""
        self.target_text, self.limit = text, limits
        return self

    def fixed(self, text, limit):
        return self.target(text, lambda: [limit] * len(self.samples.get(self.ours, [])))

    def times(self, text, *limits):
        """Each of `limits` is (peer, factor), of this figure; what is hardest to reach counts."""
        return self._of_several(text, limits, max if self.higher_is_better else min)

    def times_either(self, text, *limits):
        """Likewise; what is easiest to reach counts."""
        return self._of_several(text, limits, min if self.higher_is_better else max)

    def _of_several(self, text, limits, choose):
        def limit():
            lists = [[v * factor for v in self.samples[who]]
                     for who, factor in limits if self.samples.get(who)]
            return [choose(values) for values in zip(*lists)] if lists else []
        return self.target(text, limit)

    def _compared(self):
        """(value, limit), repetition by repetition."""
        return list(zip(self.samples.get(self.ours, []), self.limit())) if self.limit else []

    def times_better(self):
        """Than the target, repetition by repetition; 10 for what ought to be nothing and is."""
        pairs = [(v, l) if self.higher_is_better else (l, v) for v, l in self._compared()]
        return [good / bad if bad else (10 if good else 1) for good, bad in pairs]

    def met(self):
        """yes, no, about; or "" when there is no target or no figure."""
        margin = [v - l if self.higher_is_better else l - v for v, l in self._compared()]
        if not margin:
            return ""
        if median(margin) >= 0:
            return "yes" if min(margin) >= 0 else "about (yes)"
        return "no" if max(margin) < 0 else "about (no)"
