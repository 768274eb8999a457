"""Figures about many measurements."""

import math


def percentile(values, part):
    """The smallest value that at least `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered), max(1, math.ceil(part * len(ordered)))) - 1]
