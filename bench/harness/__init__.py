# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmarks: each module is one idea; bench/run puts them together."""
