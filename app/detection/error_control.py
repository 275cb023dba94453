"""How many false alarms a list of suspected groups may hold: e-values and e-BH.

An e-value is a non-negative number whose mean is at most one where nothing is wrong (Vovk and Wang,
"E-values: calibration, combination and applications", Annals of Statistics 2021): by Markov's
inequality it is at least ``1 / a`` with probability at most ``a``. Groups share members and repeat
from epoch to epoch, so no argument from independence is at hand; e-BH (Wang and Ramdas, "False
discovery rate control with e-values", JRSS B 2022) needs none.
"""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def discoveries(log_e: Floats, rate: float) -> Bools:
    """Which hypotheses to reject so that the expected share of false ones is at most ``rate``.

    ``log_e`` float64[n]: natural logarithms of the e-values of all hypotheses that were tested.
    Rejects the ``k`` largest, ``k`` the largest number for which the k-th largest e-value is at
    least ``n / (k * rate)``. Returns bool[n]. Raises ValueError for a rate outside (0, 1].
    """
    if not 0.0 < rate <= 1.0:
        raise ValueError("a false discovery rate is above 0 and at most 1")
    n = log_e.size
    rejected = np.zeros(n, np.bool_)
    if not n:
        return rejected
    order = np.argsort(-log_e, kind="stable")
    bars = math.log(n) - np.log(np.arange(1, n + 1)) - math.log(rate)
    passed = np.flatnonzero(log_e[order] >= bars)
    if passed.size:
        rejected[order[: int(passed[-1]) + 1]] = True
    return rejected


def log_mean_exp(values: Floats) -> float:
    """``ln(mean(exp(values)))``: what a log score must be lowered by to be the logarithm of an
    e-value, as far as ``values`` stand for the null. Minus infinity for no values."""
    if not values.size:
        return -math.inf
    highest = float(values.max())
    return highest + math.log(float(np.exp(values - highest).mean()))
