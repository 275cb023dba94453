"""Heavy hitters: the few keys that carry most of an account's weight.

SpaceSaving (Metwally, Agrawal and El Abbadi, ICDT 2005) over decayed weights: a key that is not
kept takes the place and the weight of the lightest one. A kept weight is never too low, and too
high by at most the weight it took over, so a key with more than 1/n of all weight is always kept.
"""

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int

Keys = npt.NDArray[np.uint64]
Weights = npt.NDArray[np.float32]


@lean_kernel
def fold_heavy(keys: Keys, weights: Weights, key: np.uint64, weight: float) -> Int:
    """Add ``weight`` for ``key`` to the ``n`` heaviest keys; a free place has no weight.

    Returns the place that the key has now.
    """
    lightest = np.int64(0)
    for i in range(keys.size):
        if keys[i] == key:
            weights[i] += weight
            return np.int64(i)
        if weights[i] < weights[lightest]:
            lightest = np.int64(i)
    keys[lightest] = key
    weights[lightest] += weight
    return lightest


@lean_kernel
def heaviest(weights: Weights) -> float:
    """The largest weight."""
    best = 0.0
    for i in range(weights.size):
        best = max(best, np.float64(weights[i]))
    return best
