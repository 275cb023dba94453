"""Measures of groups, under their own names. Arrays are one-dimensional, of finite numbers that are
not negative; what cannot be measured is None, never a guess."""

import math

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def shares(amounts: Numbers) -> Numbers | None:
    """``amounts`` divided by their sum; None when that is zero."""
    total = float(amounts.sum())
    return amounts / total if total > 0 else None


def relative_entropy(observed: Numbers, expected: Numbers) -> float:
    """Kullback-Leibler divergence of two distributions, in nats: how narrow ``observed`` is, seen
    from ``expected``. Infinite where something happens that is not expected at all.

    Times the number of independent observations it is their log-likelihood ratio (Dunning,
    "Accurate methods for the statistics of surprise and coincidence", 1993).
    """
    happens = observed > 0
    if np.any(expected[happens] <= 0):
        return math.inf
    terms = observed[happens] * np.log(observed[happens] / expected[happens])
    return max(float(terms.sum()), 0.0)


def smoothed(counts: Numbers, weight: float) -> Numbers:
    """``counts`` as a distribution with ``weight`` more, spread evenly: nothing is impossible."""
    spread = counts + weight / counts.size
    result: Numbers = spread / spread.sum()
    return result


def gini(loads: Numbers) -> float | None:
    """Gini coefficient: 0 when all loads are equal, towards 1 when one has it all."""
    n, total = loads.size, float(loads.sum())
    if n < 2 or total <= 0:
        return None
    ranks = np.arange(1, n + 1)
    return float(2 * (ranks * np.sort(loads)).sum() / (n * total) - (n + 1) / n)


def pielou_evenness(loads: Numbers) -> float | None:
    """Shannon entropy of the loads' shares over its maximum (Pielou, 1966); 1: all are equal."""
    parts = shares(loads)
    if loads.size < 2 or parts is None:
        return None
    some = parts[parts > 0]
    return float(-(some * np.log(some)).sum() / math.log(loads.size))


def dispersion(observed: Numbers, expected: Numbers) -> float | None:
    """Pearson's chi-square over its degrees of freedom, with ``expected`` scaled to the same sum.

    1 for independent events at the expected rates; more, the more they come together. None when
    fewer than two bins are expected to hold anything.
    """
    rates = shares(expected)
    if rates is None or observed.sum() <= 0 or np.count_nonzero(rates) < 2:
        return None
    live = rates > 0
    means = rates[live] * observed[live].sum()
    if means.sum() <= 0:
        return None
    return float(((observed[live] - means) ** 2 / means).sum() / (np.count_nonzero(live) - 1))


def densest_share(times: Numbers, span: float) -> float | None:
    """The largest share of ``times`` that lies within ``span``, both ends included (the scan
    statistic of Naus, 1965); None for fewer than two times."""
    if times.size < 2:
        return None
    ordered = np.sort(times)
    ends = np.searchsorted(ordered, ordered + span, side="right")
    return float((ends - np.arange(ordered.size)).max() / ordered.size)


def total_variation(before: Numbers, after: Numbers) -> float | None:
    """Half the sum of the absolute differences of two distributions, given as amounts: the share
    that has moved. None when either is empty."""
    first, second = shares(before), shares(after)
    if first is None or second is None:
        return None
    return float(np.abs(second - first).sum() / 2)
